drop function tidemark_lock_writers();
drop function tidemark_lock_rollup(text);
drop function tidemark_oldest_usage_writer();
drop view tidemark_usage;
drop table tidemark_rollup_runs;
drop table tidemark_rollup_pipelines;
