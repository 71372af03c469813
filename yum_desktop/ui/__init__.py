"""The screens: Qt Widgets, a folder for each screen with its view, item model and presenter."""

from yum_desktop.ui.lasting import keep_constants

keep_constants()
