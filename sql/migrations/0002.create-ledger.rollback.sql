drop table code_files, epochs, workplan_totals, totals, revisions, ledger;
