-- title: Workspaces at work
-- needs: agent_task_queue(status, created_at, started_at, completed_at, agent_id), agent(id, workspace_id)
-- columns: id text, queued integer, running integer, finished integer, failed integer, newest_seconds number
-- why: The newest 5,000 queued, 5,000 running and 5,000 finished of the last hour, each off its partial index;
-- why: the workspace is the agent's.
with work as (
	(select agent_id, 'queued' as state, created_at as at from agent_task_queue where status = 'queued'
		order by created_at desc limit 5000)
	union all
	(select agent_id, 'running', started_at from agent_task_queue where status = 'running'
		order by started_at desc limit 5000)
	union all
	(select agent_id, status, completed_at from agent_task_queue
		where status in ('completed', 'failed', 'cancelled') and completed_at > now() - interval '1 hour'
		order by completed_at desc limit 5000)
)
select
	agent.workspace_id::text as id,
	count(*) filter (where work.state = 'queued') as queued,
	count(*) filter (where work.state = 'running') as running,
	count(*) filter (where work.state in ('completed', 'failed', 'cancelled')) as finished,
	count(*) filter (where work.state = 'failed') as failed,
	extract(epoch from now() - max(work.at))::float8 as newest_seconds
from work
join agent on agent.id = work.agent_id
group by agent.workspace_id
order by count(*) desc, id
limit 100
