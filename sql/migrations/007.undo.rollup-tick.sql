drop procedure tidemark_backfill(text);
drop procedure tidemark_tick_durably(text);
drop function tidemark_tick(text);
drop function tidemark_run_tick(text, bigint);
drop function tidemark_finish_run(bigint, text, text, timestamptz, timestamptz, timestamptz, bigint);
drop function tidemark_unlogged_failure(text);
drop function tidemark_register_failure(text, text);
drop function tidemark_settled_until(interval);
drop function tidemark_newest_usage();
