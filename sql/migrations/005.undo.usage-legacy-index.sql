drop index concurrently if exists task_usage_legacy
