select tidemark_lock_writers();
-- Each function takes its triggers with it.
drop function tidemark_runtime_deleted() cascade;
drop function tidemark_agent_changed() cascade;
drop function tidemark_issue_changed() cascade;
drop function tidemark_task_deleted() cascade;
drop function tidemark_task_moved() cascade;
drop function tidemark_usage_truncated() cascade;
drop function tidemark_usage_deleted() cascade;
drop function tidemark_usage_updated() cascade;
drop function tidemark_usage_inserted() cascade;
drop function tidemark_enqueue(tidemark_change[], boolean, boolean);
drop type tidemark_change;
