import type pg from 'pg';
import { hasSqlstate, sqlstates, TidemarkError } from '../errors.ts';
import { sanitise } from '../lib/text.ts';

/** Which migration failed, and what had gone well before. */
export interface FailedAt {
	readonly id: string;
	readonly direction: 'up' | 'down';
	readonly done: readonly string[];
}

/** What the server said, what it means for the schema, what to do: one line. */
export function migrationFailed(error: unknown, { id, direction, done }: FailedAt): TidemarkError {
	const said = sanitise(error);
	const hint = (error as { hint?: unknown }).hint;
	const isCanceled = hasSqlstate(error, sqlstates.queryCanceled);
	const isLockTimeout = (error as { code?: unknown }).code === '55P03';
	const parts = [
		`Migration ${id} ${direction === 'up' ? 'up' : 'down'} failed: ${said.replace(/[.\s]+$/, '')}.`,
		typeof hint === 'string' ? sanitise(hint) : '',
		isLockTimeout ? 'Somebody holds the table; run it again when their transaction has ended.' : '',
		isCanceled
			? 'Run it again to go on; what a build that broke off left is cleared away then.'
			: '',
		done.length > 0 ? `Done before it: ${done.join(', ')}.` : 'Nothing was changed.',
	];
	return new TidemarkError('action', parts.filter(Boolean).join(' '), { cause: error });
}

/** What a server refused before any migration began, such as their record; undefined: it was no server. */
export function recordRefused(error: unknown): TidemarkError | undefined {
	if (!(error instanceof Error)) return undefined;
	// The library puts the stack of what it caught behind words of its own.
	const [, caught] = /^Unable to ensure migrations table: (?:\w+: )?(.*)/.exec(error.message) ?? [];
	const said = caught ?? ('severity' in error ? error.message : undefined);
	if (said === undefined) return undefined;
	return new TidemarkError(
		'action',
		`The migrations of this database can't be told or run: ${sanitise(said)}.`,
		{ cause: error },
	);
}

/** Another run has the lock: who, and since when, as far as this role may see it. */
export async function runLockBusy(client: pg.ClientBase, key: number): Promise<TidemarkError> {
	const { rows } = await client.query<{ pid: number; started: string | null }>(
		`select l.pid, to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ') as started
		from pg_locks l left join pg_stat_activity a using (pid)
		where l.locktype = 'advisory' and l.granted and l.objid = $1 and l.objsubid = 1
			and l.database = (select oid from pg_database where datname = current_database())`,
		[key],
	);
	const holder = rows[0];
	const who = holder
		? `pid ${holder.pid}${holder.started ? `, connected since ${holder.started}` : ''}`
		: 'it has just ended';
	return new TidemarkError(
		'action',
		`Another migration run is busy in this database (${who}): try again when it is done.`,
	);
}
