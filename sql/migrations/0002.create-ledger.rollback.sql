drop table if exists code_files, epochs, workplan_totals, totals, revisions, ledger;
