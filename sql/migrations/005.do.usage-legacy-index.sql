-- unless-index: task_usage btree (created_at) WHERE (updated_at IS NULL)
create index concurrently if not exists tidemark_task_usage_legacy on task_usage (created_at) where updated_at is null
