import { setTimeout as pause } from 'node:timers/promises';
import { hasSqlstate, sqlstates } from '../errors.ts';
import { formatAge } from '../lib/format.ts';
import { sanitise } from '../lib/text.ts';
import { refused } from './action-error.ts';
import type { Pipeline } from './pipelines.ts';
import type { ActionSession, Query } from './session.ts';
import { sqlFile } from './sql-file.ts';

/** An advisory lock as `pg_locks` shows it. */
export type Lock = {
	readonly high: number;
	readonly low: number;
	/** objsubid: 1 for a lock of one key, 2 for one of two. */
	readonly parts: 1 | 2;
	/** What it is, in a sentence about who holds it. */
	readonly label: string;
};

/** The lock that ticks take. */
export const pipelineLock = ({ name, lockKey }: Pipeline): Lock => ({
	high: 0,
	low: lockKey,
	parts: 1,
	label: `lock ${lockKey} of the ${name} rollup`,
});

/** 'tide' in ASCII: no product's key. */
const actionClass = 0x7469_6465;

/** Tidemark's own: held from the first to the last moment of an action, also while it yields. */
export const actionLock = ({ name, lockKey }: Pipeline): Lock => ({
	high: actionClass,
	low: lockKey,
	parts: 2,
	label: `the turn to act on the ${name} rollup`,
});

/** A session that holds an advisory lock or waits for it, as far as this role may see it. Sanitised. */
export type LockUser = {
	readonly pid: number;
	readonly isHolder: boolean;
	readonly application: string;
	readonly role: string;
	readonly state: string | null;
	/** At least this long. */
	readonly heldSeconds: number | null;
	readonly waitSeconds: number | null;
	readonly query: string;
};

/** The other sessions that hold a lock or wait for it; found in pg_locks, never by taking it. */
export async function usersOf(query: Query, { high, low, parts }: Lock): Promise<LockUser[]> {
	const rows = await query<LockUser>(sqlFile('locks'), [high, low, parts]);
	return rows.map((row) => ({
		...row,
		application: sanitise(row.application, { maxLength: 60 }),
		role: sanitise(row.role, { maxLength: 60 }),
		query: sanitise(row.query, { maxLength: 120 }).replace(/\s+/g, ' '),
	}));
}

/** Who holds the lock, since when, doing what. */
export function describeHolder(holder: LockUser): string {
	const who = [holder.application, holder.role && `role ${holder.role}`].filter(Boolean).join(', ');
	const since = holder.heldSeconds === null ? '' : ` for at least ${formatAge(holder.heldSeconds)}`;
	const isIdle = holder.state?.startsWith('idle') === true;
	const doing =
		holder.state === null
			? 'what it does, only a role with pg_read_all_stats sees'
			: `${holder.state}, ${isIdle ? 'last' : 'at'} ${holder.query || 'nothing'}`;
	return `pid ${holder.pid}${who ? ` (${who})` : ''}${since}: ${doing}`;
}

/** How to wait for a lock. */
export type TakeOptions = {
	/** Give up after this; 0: at once; Infinity: never. */
	readonly waitMs: number;
	/** Called about once a second while others have it. */
	readonly onBusy?: (users: readonly LockUser[]) => void;
	readonly signal?: AbortSignal;
};

/** One attempt: short, so that a wish to stop is heard, and the queue behind us never long. */
const attemptMs = 500;
const firstAttemptMs = 100;

/**
 * Takes a lock for the session. Looks first who has it; waits in the server's own queue, by short
 * attempts under lock_timeout.
 * @throws ActionError `refused` that names the holder when it can't be had in time; the signal's reason
 */
export async function takeLock(
	session: ActionSession,
	lock: Lock,
	{ waitMs, onBusy, signal }: TakeOptions,
): Promise<void> {
	const startedAt = performance.now();
	for (;;) {
		signal?.throwIfAborted();
		const users = await usersOf(session.query, lock);
		const holder = users.find(({ isHolder }) => isHolder);
		const leftMs = waitMs - (performance.now() - startedAt);
		if (holder !== undefined) {
			if (leftMs <= 0) throw busy(lock, holder);
			onBusy?.(users);
		}
		const isTaken = await attempt(
			session,
			lock,
			Math.max(firstAttemptMs, Math.min(attemptMs, leftMs)),
		);
		if (isTaken) return;
	}
}

async function attempt(session: ActionSession, lock: Lock, timeoutMs: number): Promise<boolean> {
	try {
		await session.query(`set lock_timeout = ${Math.ceil(timeoutMs)}`);
		await session.query(`select pg_advisory_lock(${keysOf(lock)})`);
		return true;
	} catch (error) {
		if (!hasSqlstate(error, sqlstates.lockNotAvailable)) throw error;
		return false;
	}
}

const keysOf = ({ high, low, parts }: Lock): string => (parts === 1 ? `${low}` : `${high}, ${low}`);

const busy = (lock: Lock, holder: LockUser) =>
	refused(`Busy, nothing was done: ${lock.label} is held by ${describeHolder(holder)}.`);

/** Gives the lock back; not holding it is no error. */
export async function releaseLock(session: ActionSession, lock: Lock): Promise<void> {
	await session.query(`select pg_advisory_unlock(${keysOf(lock)})`);
}

/** Whether this session still has the lock: a function that unlocks too often takes it away. */
export async function holdsLock(query: Query, { high, low, parts }: Lock): Promise<boolean> {
	const rows = await query<{ held: boolean }>(
		`select exists (
			select from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid()
				and classid = $1::bigint::oid and objid = $2::bigint::oid and objsubid = $3
		) as held`,
		[high, low, parts],
	);
	return rows[0]?.held === true;
}

/** How often to look whether somebody is done. */
const lookMs = 250;

/** Resolves once `isOver` does; looks again and again. @throws the signal's reason */
export async function untilOver(
	isOver: () => Promise<boolean>,
	signal?: AbortSignal,
): Promise<void> {
	while (!(await isOver())) {
		await pause(lookMs, undefined, signal && { signal }).catch(() => {});
		signal?.throwIfAborted();
	}
}
