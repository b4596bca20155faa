import type { Fault } from './fault.ts';

/** Faults of tables, indexes and what the planner knows of them, by name. */
export const schemaFaults = {
	'lock-queue': {
		summary: 'a migration waits for a forgotten transaction, and everybody waits behind it',
		async inject({ open }) {
			const report = await open('demo-report');
			await report.query('begin');
			await report.query('select count(*) from chat_message');
			const migration = await open('demo-migrate');
			migration.query('alter table chat_message add column edited_at timestamptz').catch(() => {});
		},
	},
	'missing-index': {
		summary: 'an upgrade dropped the index that finds finished tasks, and built no other',
		async inject({ client }) {
			await client.query('drop index agent_task_queue_finished');
		},
	},
	'invalid-index': {
		summary: 'the build of an index was broken off: every write pays for it, no query uses it',
		async inject({ client, open }) {
			const report = await open('demo-report');
			await report.query('begin');
			await report.query('lock table agent_task_queue in row exclusive mode');
			// It waits for the transaction above, and is given up.
			await client.query('set statement_timeout = 300');
			await client
				.query('create index concurrently agent_task_queue_priority on agent_task_queue (priority)')
				.catch(() => {});
			await client.query('reset statement_timeout');
			await report.query('commit');
		},
	},
	'no-statistics': {
		summary: 'the task queue lost its statistics in an upgrade, and the planner guesses',
		async inject({ client }) {
			await client.query('alter table agent_task_queue set (autovacuum_enabled = false)');
			await client.query(`delete from pg_statistic where starelid = 'agent_task_queue'::regclass`);
			await client.query(
				`update pg_class set reltuples = -1, relpages = 0 where oid = 'agent_task_queue'::regclass`,
			);
		},
	},
	'usage-untimed': {
		summary: 'new usage is written without updated_at, so that corrections of it never show',
		async inject({ client }) {
			await client.query('alter table task_usage alter column updated_at drop default');
			await client.query(
				`update task_usage set updated_at = null
				where id in (select id from task_usage where created_at > now() - interval '2 hours' order by created_at desc limit 40)`,
			);
		},
	},
} satisfies Record<string, Fault>;
