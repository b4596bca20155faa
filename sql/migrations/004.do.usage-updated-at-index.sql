-- unless-index: task_usage btree (updated_at)
create index concurrently if not exists task_usage_updated_at on task_usage (updated_at)
