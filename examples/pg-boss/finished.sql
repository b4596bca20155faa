-- title: Finished in the last minute
-- panel: pg-boss
-- every: 10s
-- needs: pgboss.queue(name), pgboss.job(name, state, started_on, completed_on)
-- columns: completed integer, failed integer, slowest_seconds number
-- metric: pgboss_jobs_finished_last_minute
-- labels: outcome="completed"
-- value: completed
-- help: Jobs that ended in the last minute, by outcome.
-- metric: pgboss_jobs_finished_last_minute
-- labels: outcome="failed"
-- value: failed
-- help: Jobs that ended in the last minute, by outcome.
-- why: The index on completed_on begins with the queue's name, hence queue by queue.
select
	count(*) filter (where job.state = 'completed') as completed,
	count(*) filter (where job.state = 'failed') as failed,
	extract(epoch from max(job.completed_on - job.started_on)) as slowest_seconds
from pgboss.queue as queue
cross join lateral (
	select state, started_on, completed_on
	from pgboss.job
	where name = queue.name and completed_on > now() - interval '1 minute'
) as job
