-- unless-index: task_usage btree (updated_at)
create index concurrently if not exists tidemark_task_usage_updated_at on task_usage (updated_at)
