import { formatAge } from '../../../lib/format.ts';
import type { Maybe } from '../../../sampling/panel-data.ts';
import { rollupsOf } from '../../../sampling/panels.ts';
import type { Row } from '../../../sampling/reading.ts';
import { isBetweenSlices, isRecomputing, isWalking } from '../../lock-holder.ts';
import type { DiagnosisInput } from '../check.ts';
import { evidenceRows, literal, numberIn, textIn } from '../evidence.ts';
import { type Clue, clue } from '../finding.ts';
import type { Pipeline } from './pipelines.ts';

/** The evidence that {@link lockOf} reads. */
export const locksQuery = 'rollup/locks';

/** A session that holds or awaits a pipeline's lock, or runs its windows. */
export type LockSession = {
	readonly pid: number;
	/** Name of a prepared transaction, which has no session and no pid. */
	readonly prepared: Maybe<string>;
	readonly application: string;
	readonly user: Maybe<string>;
	/** The rest is undefined where the role may not see it. */
	readonly client: Maybe<string>;
	readonly state: Maybe<string>;
	readonly stateSeconds: Maybe<number>;
	readonly transactionSeconds: Maybe<number>;
	readonly waitSeconds: Maybe<number>;
	readonly query: Maybe<string>;
};

/** Who holds a pipeline's lock, and what he does with it. */
export type Lock = {
	readonly holder: LockSession;
	/**
	 * `backfill`: at work on windows by right, or between two of them. `working`: active with something
	 * else, a tick for instance. `resting`: idle for a moment, which a backfill is between two slices, and
	 * so is a connection in use that has forgotten the lock. `leaked`: idle, and no sign that it will go on.
	 * `hidden`: can't be seen.
	 */
	readonly purpose: 'backfill' | 'working' | 'resting' | 'leaked' | 'hidden';
	readonly waiters: readonly LockSession[];
};

/** The lock of a pipeline; null: free; undefined: unknown. */
export function lockOf(input: DiagnosisInput, pipeline: Pipeline): Maybe<Lock | null> {
	const rows = evidenceRows(input, locksQuery)?.filter((row) => row.pipeline === pipeline.name);
	if (!rows) return undefined;
	const [held] = rows.filter((row) => row.is_granted === true);
	if (!held) return null;
	const holder = sessionOf(held);
	const helpers = rows.filter((row) => row.is_granted === null).map(sessionOf);
	return {
		holder,
		purpose: purposeOf(input, pipeline, holder, helpers),
		waiters: rows.filter((row) => row.is_granted === false).map(sessionOf),
	};
}

function sessionOf(row: Row): LockSession {
	return {
		pid: numberIn(row, 'pid') ?? 0,
		prepared: textIn(row, 'prepared'),
		application: textIn(row, 'application') ?? '',
		user: textIn(row, 'user_name'),
		client: textIn(row, 'client'),
		state: textIn(row, 'state'),
		stateSeconds: numberIn(row, 'state_seconds'),
		transactionSeconds: numberIn(row, 'transaction_seconds'),
		waitSeconds: numberIn(row, 'wait_seconds'),
		query: textIn(row, 'query'),
	};
}

/** A window call that ended so recently is part of a walk that goes on. */
const walkingSeconds = 60;

function purposeOf(
	input: DiagnosisInput,
	pipeline: Pipeline,
	holder: LockSession,
	helpers: readonly LockSession[],
): Lock['purpose'] {
	if (holder.prepared !== undefined) return 'leaked';
	if (holder.state === undefined) return 'hidden';
	const isHelped = helpers.some(
		({ state, stateSeconds = 0 }) => state === 'active' || stateSeconds < walkingSeconds,
	);
	if (isHelped) return 'backfill';
	if (!holder.state.startsWith('idle')) return isRecomputing(holder) ? 'backfill' : 'working';
	if (!isBetweenSlices(holder)) return 'leaked';
	// A mere COMMIT may be anybody's: who was seen at a window has a claim to it.
	return isWalking(holder) || hasWalked(input, pipeline, holder) ? 'backfill' : 'resting';
}

/** Whether this session was seen at a window of the pipeline lately. */
const hasWalked = (input: DiagnosisInput, { name }: Pipeline, { pid }: LockSession): boolean =>
	input.history.some(
		(snapshot) =>
			input.snapshot.at - snapshot.at < walkingSeconds * 1000 &&
			rollupsOf(snapshot).data.some(
				({ pipeline, lock }) => pipeline === name && lock?.pid === pid && isWalking(lock),
			),
	);

/** `pid 7873 (multica-server)`. */
export const nameOf = ({ pid, application, prepared }: LockSession): string =>
	prepared === undefined
		? `pid ${pid}${application === '' ? '' : ` (${application})`}`
		: `prepared transaction ${prepared}`;

/** Makes a session let go of the lock: it is ended, and what it had begun is rolled back. */
export const endSql = ({ pid, prepared }: LockSession): string =>
	prepared === undefined
		? `select pg_terminate_backend(${pid});`
		: `rollback prepared ${literal(prepared)};`;

/** Everything that is known of a session. */
export function sessionClues(label: string, session: LockSession): readonly Clue[] {
	const { user, client, state, stateSeconds, transactionSeconds, query } = session;
	return [
		...clue(
			label,
			[
				nameOf(session),
				user && `user ${user}`,
				client && (client === 'local' ? 'on the server itself' : `from ${client}`),
				state && `${state}${stateSeconds === undefined ? '' : ` for ${formatAge(stateSeconds)}`}`,
			]
				.filter(Boolean)
				.join(', '),
		),
		...clue(
			'its transaction',
			transactionSeconds === undefined ? undefined : `open for ${formatAge(transactionSeconds)}`,
		),
		...clue(state === 'active' ? 'its query' : 'its last query', query),
	];
}
