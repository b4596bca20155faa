import type { Client } from 'pg';
import { providers, shape } from '../shape.ts';

const list = (values: readonly string[]) =>
	`(array[${values.map((value) => `'${value}'`).join(', ')}])`;

const people = ['ana', 'bo', 'cleo', 'dev', 'eli', 'fay', 'gus', 'hana', 'ivo', 'jun'];
const agentNames = ['Builder', 'Reviewer', 'Scribe', 'Triage'];
const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Asia/Kolkata', 'UTC'];
const verbs = ['Fix', 'Speed up', 'Document', 'Test', 'Remove', 'Rework'];
const objects = [
	'login',
	'billing export',
	'search',
	'webhooks',
	'onboarding',
	'cache',
	'audit log',
];

const {
	workspaces,
	usersPerWorkspace,
	agentsPerWorkspace,
	issuesPerWorkspace,
	chatSessionsPerWorkspace,
	projectsPerWorkspace,
	runtimes,
} = shape;

/** Number of the workspace that thing number `n` belongs to, when each has `each` of them. */
const owner = (each: number) => `lateral (select 1 + (n - 1) / ${each} as w) owner`;

const statements = [
	`insert into workspace (id)
	select pg_temp.demo_id('workspace', n) from generate_series(1, ${workspaces}) n`,

	`insert into "user" (id, timezone)
	select pg_temp.demo_id('user', n),
		case when n % 7 = 0 then null else ${list(zones)}[1 + n % ${zones.length}] end
	from generate_series(1, ${workspaces * usersPerWorkspace}) n`,

	`insert into agent_runtime (id, workspace_id, name, runtime_mode, provider, status, last_seen_at)
	select pg_temp.demo_id('runtime', n),
		pg_temp.demo_id('workspace', 1 + (n - 1) % ${workspaces}),
		case when n % 4 = 0 then 'cloud-eu-' || n
			else ${list(people)}[1 + n % ${people.length}] || '-laptop-' || n end,
		case when n % 4 = 0 then 'cloud' else 'local' end,
		${list(providers)}[1 + n % ${providers.length}],
		'online', now() - random() * interval '14 seconds'
	from generate_series(1, ${runtimes}) n`,

	`insert into agent (id, workspace_id, runtime_id, name, runtime_mode)
	select pg_temp.demo_id('agent', a.n), r.workspace_id, r.id,
		${list(agentNames)}[1 + a.n % ${agentNames.length}] || ' ' || a.n, r.runtime_mode
	from (
		select n, w + case when n % 2 = 0 and w <= ${runtimes - workspaces} then ${workspaces} else 0 end as runtime
		from generate_series(1, ${workspaces * agentsPerWorkspace}) n, ${owner(agentsPerWorkspace)}
	) a join agent_runtime r on r.id = pg_temp.demo_id('runtime', a.runtime)`,

	`insert into issue (id, workspace_id, project_id, creator_type, creator_id, number, title)
	select pg_temp.demo_id('issue', n), pg_temp.demo_id('workspace', w),
		case when n % 6 = 0 then null
			else pg_temp.demo_id('project', w * ${projectsPerWorkspace} + n % ${projectsPerWorkspace}) end,
		case when n % 5 = 0 then 'agent' else 'member' end,
		case when n % 5 = 0 then pg_temp.demo_id('agent', (w - 1) * ${agentsPerWorkspace} + 1 + n % ${agentsPerWorkspace})
			else pg_temp.demo_id('user', (w - 1) * ${usersPerWorkspace} + 1 + n % ${usersPerWorkspace}) end,
		1 + (n - 1) % ${issuesPerWorkspace},
		${list(verbs)}[1 + n % ${verbs.length}] || ' ' || ${list(objects)}[1 + n % ${objects.length}]
	from generate_series(1, ${workspaces * issuesPerWorkspace}) n, ${owner(issuesPerWorkspace)}`,

	`insert into chat_session (id, workspace_id, creator_id)
	select pg_temp.demo_id('session', n), pg_temp.demo_id('workspace', w),
		pg_temp.demo_id('user', (w - 1) * ${usersPerWorkspace} + 1 + n % ${usersPerWorkspace})
	from generate_series(1, ${workspaces * chatSessionsPerWorkspace}) n, ${owner(chatSessionsPerWorkspace)}`,

	`insert into workers (id, last_heartbeat_at)
	select 'worker-' || n, now() from generate_series(1, ${shape.workers}) n`,
];

/** Creates what tasks and chats refer to: workspaces, users, runtimes, agents, issues, sessions. */
export async function insertReference(client: Client): Promise<void> {
	for (const statement of statements) await client.query(statement);
}
