import type { Client } from 'pg';
import { demoId, failureReasons, models, shape } from '../shape.ts';
import type { Random } from './random.ts';
import type { Switches } from './switches.ts';

const { workspaces, agentsPerWorkspace, issuesPerWorkspace, chatSessionsPerWorkspace } = shape;

/** New tasks; a chat's come with the message that asks for them. */
const create = `
with asked as (
	select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::int[])
		as a (agent, issue, session, autopilot, priority)
), messages as (
	insert into chat_message (chat_session_id) select session from asked where session is not null
)
insert into agent_task_queue (agent_id, runtime_id, issue_id, chat_session_id, autopilot_run_id,
	priority, max_attempts)
select agent.id, agent.runtime_id, asked.issue, asked.session,
	case when autopilot then gen_random_uuid() end, priority, 3
from asked join agent on agent.id = asked.agent`;

/** Work is given to runtimes seen within 150 s, most urgent first. */
const dispatch = `
update agent_task_queue set status = 'dispatched', dispatched_at = now()
where id in (
	select task.id from agent_task_queue task join agent_runtime runtime on runtime.id = task.runtime_id
	where task.status = 'queued' and task.created_at < now() - interval '2 seconds'
		and runtime.last_seen_at > now() - interval '150 seconds' and random() < 0.2
	order by task.priority desc, task.created_at limit 20
	for update of task skip locked
)`;

const start = `
update agent_task_queue task set status = 'running', started_at = now()
from agent_runtime runtime
where runtime.id = task.runtime_id and runtime.last_seen_at > now() - interval '40 seconds'
	and task.status = 'dispatched' and task.started_at is null
	and task.dispatched_at < now() - interval '1 second' and random() < 0.6`;

const modelPairs = Object.entries(models)
	.map(([provider, [main, side]]) => `('${provider}', '${main}', '${side}')`)
	.join(', ');

/**
 * Some running tasks end: on average after 80 s in a chat, 200 s otherwise. One in 25 fails, and on
 * the runtimes $1 each does at once; it is queued again while attempts are left. Each reports usage;
 * a chat gets its answer. What has run for half an hour hangs, and ends no more by itself.
 */
const finish = `
with ending as materialized (
	select task.id, case when runtime.id = any($1::uuid[]) then 0 else random() end as fate,
		random() as size, runtime.provider
	from agent_task_queue task join agent_runtime runtime on runtime.id = task.runtime_id
	where task.status = 'running' and task.started_at < now() - interval '3 seconds'
		and task.started_at > now() - interval '30 minutes'
		and runtime.last_seen_at > now() - interval '40 seconds'
		and random() < case when runtime.id = any($1::uuid[]) then 1 when task.chat_session_id is null then 1 / 200.0 else 1 / 80.0 end
), ended as (
	update agent_task_queue task set completed_at = now(),
		status = case when fate < 0.04 then 'failed' when fate < 0.06 then 'cancelled' else 'completed' end,
		error = case when fate < 0.04 then 'the agent process ended with status 1' end,
		failure_reason = case when fate < 0.04 then case when fate = 0 then 'rate_limited'
			else (array['${failureReasons.join("','")}'])[1 + floor(size * ${failureReasons.length})::int] end end
	from ending where ending.id = task.id
	returning task.*, ending.fate, ending.size, ending.provider
), reported as (
	insert into task_usage (task_id, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
	select id, ended.provider, case when size < 0.7 then main else side end,
		(500 + 20000 * size)::bigint, (100 + 3000 * size)::bigint, (80000 * size)::bigint, (4000 * size)::bigint
	from ended join (values ${modelPairs}) as m (provider, main, side) on m.provider = ended.provider
), answered as (
	insert into chat_message (chat_session_id)
	select chat_session_id from ended where chat_session_id is not null
)
insert into agent_task_queue (agent_id, runtime_id, issue_id, chat_session_id, autopilot_run_id, priority, attempt, max_attempts)
select agent_id, runtime_id, issue_id, chat_session_id, autopilot_run_id, priority, attempt + 1, max_attempts
from ended where fate < 0.04 and attempt + 1 < max_attempts`;

/** What the product gives up: 2 h in the queue, 5 min dispatched and not started, 3 h running. */
const expire = `
update agent_task_queue set status = 'failed', completed_at = now(),
	failure_reason = case status when 'queued' then 'queued_expired'
		when 'dispatched' then 'dispatch_timeout' else 'timeout' end
where (status = 'queued' and created_at < now() - interval '2 hours')
	or (status = 'dispatched' and started_at is null and dispatched_at < now() - interval '5 minutes')
	or (status = 'running' and started_at < now() - interval '3 hours')`;

/** One second of the task queue's life. */
export async function stepTasks(client: Client, random: Random, switches: Switches): Promise<void> {
	await createTasks(client, random, random.count(switches.tasksPerMinute / 60));
	if (switches.isDispatching) await client.query(dispatch);
	if (switches.isStarting) await client.query(start);
	const failing = [...switches.failingRuntimes].map((n) => demoId('runtime', n));
	await client.query(finish, [failing]);
	if (switches.isExpiring && random.chance(0.1)) await client.query(expire);
}

/** Creates `count` tasks of every source, for busy workspaces more often than for quiet ones. */
export async function createTasks(client: Client, random: Random, count: number): Promise<void> {
	if (count === 0) return;
	const asked = Array.from({ length: count }, () => askForTask(random));
	await client.query(create, [
		asked.map(({ agent }) => agent),
		asked.map(({ issue }) => issue),
		asked.map(({ session }) => session),
		asked.map(({ isAutopilot }) => isAutopilot),
		asked.map(({ priority }) => priority),
	]);
}

function askForTask(random: Random) {
	const workspace = Math.floor(random.next() ** 1.5 * workspaces);
	const kind = random.next();
	const pick = (each: number) => workspace * each + 1 + random.below(each);
	return {
		agent: demoId('agent', pick(agentsPerWorkspace)),
		session: kind < 0.45 ? demoId('session', pick(chatSessionsPerWorkspace)) : null,
		issue: kind >= 0.45 && kind < 0.8 ? demoId('issue', pick(issuesPerWorkspace)) : null,
		isAutopilot: kind >= 0.8 && kind < 0.93,
		priority: random.below(3),
	};
}
