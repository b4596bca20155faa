import type pg from 'pg';

/** The table with what every instance has; optional columns are added by the tests that need them. */
export async function createRuns(client: pg.Client, type: string, labels: readonly string[]) {
	await client.query(`
		drop table if exists runs;
		create type ${type} as enum (${labels.map((label) => `'${label}'`).join(', ')});
		create table runs (
			id bigint generated always as identity,
			status ${type} not null,
			run_at timestamptz not null default now(),
			queued_at timestamptz not null default now(),
			lease_expires_at timestamptz,
			blueprint text,
			started_at timestamptz,
			finished_at timestamptz
		);
		create index ix_runs_status on runs (status);
		create index ix_runs_run_at on runs (run_at);
		create index ix_runs_queued_at on runs (queued_at);
		create index ix_runs_lease_expires_at on runs (lease_expires_at)`);
}

/** Inserts `count` equal runs; values are SQL. */
export async function insertRuns(
	client: pg.Client,
	status: string,
	values: Record<string, string> = {},
	count = 1,
) {
	const names = Object.keys(values);
	await client.query(
		`insert into runs (${['status', ...names].join(', ')})
		select ${[`'${status}'`, ...Object.values(values)].join(', ')} from generate_series(1, ${count})`,
	);
}
