-- Lethe's own rows are disposed of like any others: what points to a plan that goes is found by an index.
create index on lethe.job (plan_id);
