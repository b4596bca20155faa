import { randomBytes } from 'node:crypto';
import { withClient } from '../connection.ts';
import { startOldServer } from '../old-postgres.ts';
import { startStandby } from '../standby.ts';
import type { Fault } from './fault.ts';

/** What the role below may not read, as after a migration that nobody granted anything on. */
const withheld = ['runs', 'workers', 'task_usage_hourly_dirty'] as const;

/** Faults of where one looks from, and not of what one looks at, by name. */
export const vantageFaults = {
	'standby-lag': {
		summary:
			'the console watches a standby whose replay was paused for a backup, and never resumed',
		settings: { wal_level: 'replica', max_wal_senders: 4 },
		async vantage({ url, settings, cacheFolder }) {
			const standby = await startStandby({ primary: url, cacheFolder, settings });
			const watched = standby.url(new URL(url).pathname.slice(1));
			await withClient(watched, (client) => client.query('select pg_wal_replay_pause()'));
			return { url: watched, close: () => standby.stop() };
		},
	},
	'sampler-denied': {
		summary: 'the console looks with a role that may not read all it should watch',
		async vantage({ client, url }) {
			const role = `demo_watcher_${randomBytes(4).toString('hex')}`;
			const password = randomBytes(12).toString('hex');
			await client.query(`create role ${role} login password '${password}'`);
			await client.query(`grant pg_read_all_stats to ${role}`);
			await client.query(`grant select on all tables in schema public to ${role}`);
			await client.query(`revoke select on ${withheld.join(', ')} from ${role}`);
			const watched = new URL(url);
			watched.username = role;
			watched.password = password;
			return {
				url: watched.href,
				async close() {
					await withClient(url, (admin) => admin.query(`drop owned by ${role}; drop role ${role}`));
				},
			};
		},
	},
	'old-server': {
		summary: 'the console watches a server that every upgrade passed over: Postgres 13',
		vantage: ({ cacheFolder, settings }) => startOldServer(cacheFolder, settings),
	},
	'clock-skew': {
		summary: "the server's clock is a minute and a half slow, as new sessions see it",
		async inject({ client }) {
			// Nobody may set a machine's clock for a demo: the database's own functions tell another time.
			const { rows } = await client.query('select quote_ident(current_database()) as name');
			await client.query('create schema slow_clock');
			for (const name of ['now', 'clock_timestamp', 'statement_timestamp']) {
				const volatility = name === 'clock_timestamp' ? 'volatile' : 'stable';
				await client.query(
					`create function slow_clock.${name}() returns timestamptz language sql ${volatility} parallel safe
					return pg_catalog.${name}() - interval '90 seconds'`,
				);
			}
			await client.query(
				`alter database ${rows[0].name} set search_path = public, slow_clock, pg_catalog`,
			);
		},
	},
	'dear-watching': {
		summary: 'index scans were switched off for a test, and every look reads whole tables',
		async inject({ client }) {
			const { rows } = await client.query('select quote_ident(current_database()) as name');
			for (const kind of ['indexscan', 'indexonlyscan', 'bitmapscan']) {
				await client.query(`alter database ${rows[0].name} set enable_${kind} = off`);
			}
		},
	},
} satisfies Record<string, Fault>;
