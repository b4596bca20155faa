import { pipelineLock, releaseLock, takeLock, untilOver, usersOf } from './locks.ts';
import { longestHoldMs } from './pace.ts';
import type { YieldReason } from './progress.ts';
import type { Query } from './session.ts';
import type { Walk } from './walk.ts';

/** A replica further behind than this is waited for; the threshold of the console. */
const longestLagSeconds = 5;
/** Until it has caught up to this. */
const restedLagSeconds = 1;
/** A replica that stands still reports no lag any more, only what it has not replayed, in bytes. */
const longestBacklogBytes = 64 * 2 ** 20;

/**
 * Lets go of the pipeline's lock while somebody has more right to it: the user who paused, a session
 * that would otherwise have waited over 5 s by the end of the next slice, a replica that falls behind.
 * @throws the signal's reason; that the connection was lost
 */
export async function makeWay(walk: Walk, nextMs: number): Promise<void> {
	for (;;) {
		const reason = await reasonToYield(walk, nextMs);
		if (reason === undefined) return;
		await giveWay(walk, reason);
	}
}

/** Says so where a replica can't be waited for, because this role may not see how far it is. */
export async function noteUnseenReplicas({ session, onEvent }: Walk): Promise<void> {
	const [row] = await session.query<{ unseen: number }>(
		'select count(*)::int as unseen from pg_stat_replication where state is null',
	);
	if (!row?.unseen) return;
	const text =
		'replicas are not waited for: how far behind they are, only a role with pg_read_all_stats sees';
	onEvent({ kind: 'note', text });
}

async function reasonToYield(walk: Walk, nextMs: number): Promise<YieldReason | undefined> {
	if (walk.control.isPaused) return { kind: 'paused' };
	const users = await usersOf(walk.session.query, pipelineLock(walk.pipeline));
	const user = users.find(
		({ isHolder, waitSeconds }) =>
			// Before version 14 nothing tells since when: whoever waits has waited for most of a slice.
			!isHolder && (waitSeconds ?? longestHoldMs / 1000) * 1000 + nextMs > longestHoldMs,
	);
	if (user !== undefined) return { kind: 'waiter', user };
	const lagSeconds = await worstLag(walk.session.query);
	return lagSeconds > longestLagSeconds ? { kind: 'replica', lagSeconds } : undefined;
}

async function giveWay(walk: Walk, reason: YieldReason): Promise<void> {
	const { session, pipeline, control, onEvent } = walk;
	const signal = AbortSignal.any([walk.signal, session.lost]);
	const startedAt = performance.now();
	onEvent({ kind: 'yielded', reason });
	await releaseLock(session, pipelineLock(pipeline));
	onEvent({ kind: 'unlocked', atMs: performance.now() });
	if (reason.kind === 'paused') await control.whenGoing(signal);
	else if (reason.kind === 'replica') {
		await untilOver(async () => (await worstLag(session.query)) <= restedLagSeconds, signal);
	} else {
		// Whoever waited has it now, or has given up.
		const { pid } = reason.user;
		const isStillThere = async () =>
			(await usersOf(session.query, pipelineLock(pipeline))).some((user) => user.pid === pid);
		await untilOver(async () => !(await isStillThere()), signal);
	}
	await takeLock(session, pipelineLock(pipeline), {
		waitMs: Number.POSITIVE_INFINITY,
		signal,
		onBusy: (users) => onEvent({ kind: 'busy', users }),
	});
	onEvent({ kind: 'locked', atMs: performance.now() });
	onEvent({ kind: 'went-on', afterMs: performance.now() - startedAt });
}

/**
 * How far behind the slowest replica is, in seconds; 0 where none is seen, as by a role that may not
 * see them. One that has stopped replaying counts by what has piled up.
 */
async function worstLag(query: Query): Promise<number> {
	const rows = await query<{ lag: number | null; backlog: number | null }>(
		`select extract(epoch from max(replay_lag))::float8 as lag,
			max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::float8 as backlog
		from pg_stat_replication`,
	);
	const { lag, backlog } = rows[0] ?? {};
	const isPiledUp = (backlog ?? 0) > longestBacklogBytes;
	return Math.max(lag ?? 0, isPiledUp ? longestLagSeconds + 1 : 0);
}
