import type { Fault } from './fault.ts';

/** Faults of the server itself, by name. */
export const databaseFaults = {
	'connections-full': {
		summary: 'an application keeps nearly all connections of the server',
		async inject({ client, open }) {
			const { rows } = await client.query(
				`select ceil(current_setting('max_connections')::int * 0.86) - count(*) as wanted
				from pg_stat_activity where backend_type = 'client backend'`,
			);
			for (let left = Number(rows[0].wanted); left > 0; left--) await open('demo-pool');
		},
	},
	'old-transaction': {
		summary: 'a forgotten transaction stays open and holds cleanup back',
		async inject({ open }) {
			const session = await open('demo-report');
			await session.query('begin isolation level repeatable read');
			await session.query('select count(*) from agent_task_queue');
		},
	},
} satisfies Record<string, Fault>;
