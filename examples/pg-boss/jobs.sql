-- title: Jobs by queue
-- panel: pg-boss
-- needs: pgboss.queue(name), pgboss.job(name, state, blocked, start_after, created_on)
-- columns: queue text, ready integer, deferred integer, active integer, oldest_ready_seconds number
-- metric: pgboss_jobs_ready
-- labels: queue
-- value: ready
-- help: Jobs that a worker could take now.
-- metric: pgboss_jobs_active
-- labels: queue
-- value: active
-- help: Jobs that a worker has taken and not finished.
-- metric: pgboss_oldest_ready_seconds
-- labels: queue
-- value: oldest_ready_seconds
-- help: How long the oldest job has waited since it could be taken; 0 where none waits.
-- why: pgboss.queue holds counts too, but as old as the last round of its monitor; these are of now.
-- why: The states are those of the partial index job_i14, so that finished jobs are not read.
select
	queue.name as queue,
	count(*) filter (where job.state < 'active' and not job.blocked and job.start_after <= now()) as ready,
	count(*) filter (where job.state < 'active' and job.start_after > now()) as deferred,
	count(*) filter (where job.state = 'active') as active,
	coalesce(
		extract(epoch from now() - min(greatest(job.created_on, job.start_after)) filter (
			where job.state < 'active' and not job.blocked and job.start_after <= now()
		)),
		0
	) as oldest_ready_seconds
from pgboss.queue as queue
left join pgboss.job as job on job.name = queue.name and job.state in ('created', 'retry', 'active')
group by queue.name
order by ready desc, queue
limit 100
