-- Which buckets the changes in a queue may concern.
--
-- A usage row may have been counted under any combination of the links that it had since the queue was
-- last read, and what a trigger saw of the other links may have been out of date when it committed. So
-- every link that is true now, or that anything in the queue says was true before, is combined with
-- every other, for the tasks that the changes being consumed touch. `consumed` and `queued` (all of it,
-- what is consumed included) must come from the snapshot of the statement that calls this: being
-- STABLE, it then sees the links as they were at that moment, and what isn't in the queue had not
-- ended yet. Too many buckets do no harm; a missing one stays wrong for good.
create function tidemark_resolve(consumed tidemark_change[], queued tidemark_change[]) returns setof tidemark_change
language sql stable
-- Its estimates are wild and its work is small: compiling would take longer than running.
set jit = off
as $$
	-- `offset 0` keeps each look-up a probe of an index, whatever the planner believes of the queue.
	with due as materialized (
		select * from unnest(consumed)
	),
	told as materialized (
		select * from unnest(queued)
	),
	tasks as (
		select task_id from due where cause in ('usage', 'task')
		union
		select t.id
		from (select distinct issue_id from due where cause = 'issue') d
		cross join lateral (select id from agent_task_queue where issue_id = d.issue_id offset 0) t
		union
		select task_id from told where issue_id in (select issue_id from due where cause = 'issue')
		union
		select t.id
		from (select distinct agent_id from due where cause = 'agent') d
		cross join lateral (select id from agent_task_queue where agent_id = d.agent_id offset 0) t
		union
		select task_id from told where agent_id in (select agent_id from due where cause = 'agent')
	),
	events as (
		select task_id, u.provider, u.model, u.created_at as event_at
		from tasks
		cross join lateral (
			select provider, model, created_at from task_usage u where u.task_id = tasks.task_id offset 0
		) u
		union
		select task_id, provider, model, event_at from tasks join told using (task_id) where model is not null
	),
	owners as (
		select task_id, t.issue_id, t.agent_id, t.runtime_id
		from tasks
		cross join lateral (
			select issue_id, agent_id, runtime_id from agent_task_queue where id = tasks.task_id offset 0
		) t
		union
		select task_id, issue_id, agent_id, runtime_id from tasks join told using (task_id)
	),
	workspaces as (
		select agent_id, a.workspace_id
		from (select distinct agent_id from owners) o
		cross join lateral (select workspace_id from agent where id = o.agent_id offset 0) a
		union
		select agent_id, workspace_id from told
		where agent_id in (select agent_id from owners) and workspace_id <> '00000000-0000-0000-0000-000000000000'
	),
	projects as (
		select issue_id, i.project_id
		from (select distinct issue_id from owners) o
		cross join lateral (select project_id from issue where id = o.issue_id offset 0) i
		union
		-- A task that moved looked up neither its workspace nor its project; an issue always tells its own.
		select issue_id, project_id from told
		where issue_id in (select issue_id from owners)
		and (cause = 'issue' or workspace_id <> '00000000-0000-0000-0000-000000000000')
	)
	select null, task_id, issue_id, agent_id, runtime_id, workspace_id, project_id, provider, model, event_at
	from events
	join owners using (task_id)
	join workspaces using (agent_id)
	left join projects using (issue_id)
$$;
