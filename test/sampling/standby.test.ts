import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Parts } from '../../source/compose.ts';
import { databaseOf } from '../../source/sampling/panels.ts';
import { composeFor, whenSnapshot } from '../support/sampling.ts';
import { query, type ReplicaPair, startReplicaPair } from '../support/standby.ts';

let pair: ReplicaPair | undefined;
let parts: Parts | undefined;
beforeAll(async () => {
	pair = await startReplicaPair();
});
afterAll(async () => {
	await parts?.stop();
	await pair?.stop();
});

it('samples a hot standby, knows it for one, and tells how far its replay is behind', async () => {
	if (!pair) throw new Error('there is no pair of servers');
	const { primary, standby, url } = pair;
	parts = composeFor(url(standby), { interval: '250ms' });
	const { loop, store } = parts;
	const first = await loop.refreshAll();
	expect(first.identity).toMatchObject({ isStandby: true });
	const failing = [...first.readings.values()].filter(({ kind }) => kind === 'failed');
	expect(failing).toEqual([]);
	loop.start();
	await whenSnapshot(store, (snapshot) => databaseOf(snapshot).data.replayLagSeconds === 0);

	// The age of a replay is that of the last transaction replayed: there must have been one.
	await query(url(primary), 'insert into workspace default values');
	await expect
		.poll(() => query(url(standby), 'select count(*)::int as rows from workspace'))
		.toEqual([{ rows: 1 }]);
	await query(url(standby), 'select pg_wal_replay_pause()');
	await query(url(primary), 'insert into workspace default values');
	const behind = await whenSnapshot(
		store,
		(snapshot) => (databaseOf(snapshot).data.replayLagSeconds ?? 0) > 0,
	);
	expect(behind.readings.get('multica/task-queued')).toMatchObject({ kind: 'ok' });

	await query(url(standby), 'select pg_wal_replay_resume()');
	await whenSnapshot(store, (snapshot) => databaseOf(snapshot).data.replayLagSeconds === 0);
});
