"""A plan as a document for other programs and for comparing."""

from collections.abc import Mapping
from typing import Final

from yum_desktop.exchange.excel.cells import OFFERED, SHOWN, SILENT
from yum_desktop.exchange.excel.model import FileFinding, ImportPlan, PlannedRow
from yum_desktop.exchange.excel.record import further_texts

KEYS: Final = {
    "full_name": "ho_ten",
    "born_on": "ngay_sinh",
    "sex": "gioi_tinh",
    "id_number": "so_giay_to",
    "phone": "dien_thoai",
    "ethnicity": "dan_toc",
    "joined_on": "ngay_vao_doan",
}
_OPTIONAL: Final = frozenset({"sex.from_id"})


def dry_run_document(plan: ImportPlan) -> dict[str, object]:
    """Return what the import would do, as plain lists and texts."""
    repeated = {pair.second for pair in plan.duplicates}
    return {
        "file": plan.file,
        "outcome": "import",
        "chi_doan_from": plan.chi_doan_from,
        "counts": {
            "member_rows": len(plan.rows),
            "people": len(plan.rows) - len(repeated),
            "rejected_rows": len(plan.rejected),
        },
        "file_findings": [{"code": f.code, "where": _where(f), "what": f.what} for f in plan.findings],
        "members": [_member(row, further_texts(plan.columns, row)) for row in plan.rows],
        "rejected_rows": [
            {"row": row.row, "why": row.why, **({"text": row.text} if row.text else {})} for row in plan.rejected
        ],
        "skipped_rows": [{"row": row.row, "why": row.why} for row in plan.skipped],
        "duplicates": [[pair.first, pair.second] for pair in plan.duplicates],
        "duplicate_reasons": [pair.reason for pair in plan.duplicates],
        "look_alikes": [list(pair) for pair in plan.look_alikes],
        "notes": "",
    }


def _where(finding: FileFinding) -> str:
    word = "column" if len(finding.columns) == 1 else "columns"
    parts = [f"{word} {', '.join(finding.columns)}"] if finding.columns else []
    parts += ["header and titles"] if finding.headers else []
    rows = "" if finding.rows is None else f"; rows {finding.rows[0]}-{finding.rows[1]}"
    return ", ".join(parts) + rows


def _member(row: PlannedRow, further: Mapping[str, str]) -> dict[str, object]:
    main = [problem for problem in row.problems if problem.field in KEYS or problem.field == "chi_doan"]
    names = {problem.field: KEYS.get(problem.field, problem.field) for problem in main}
    document: dict[str, object] = {"row": row.row}
    document |= {key: row.values.get(name) for name, key in KEYS.items()}
    document |= {
        "chi_doan": row.chi_doan,
        "warnings": sorted(
            f"{names[p.field]}:{p.code}"
            for p in main
            if p.degree == SHOWN or (p.degree == OFFERED and p.code not in _OPTIONAL)
        ),
        "suggestions": [
            {
                "field": names[p.field],
                "found": p.found,
                "suggest": list(p.suggest),
                "code": p.code,
                **({"optional": True} if p.code in _OPTIONAL else {}),
            }
            for p in sorted(main, key=lambda p: names[p.field])
            if p.degree == OFFERED
        ],
        "silent": sorted(f"{names[p.field]}:{p.code}" for p in main if p.degree == SILENT),
    }
    return document | ({"other": dict(further)} if further else {})
