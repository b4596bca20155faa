import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runBackfill } from '../../source/actions/backfill.ts';
import { type BackfillWish, planBackfill } from '../../source/actions/backfill-plan.ts';
import { leftBehind } from '../../source/actions/ledger.ts';
import { verifySpan } from '../../source/actions/verify.ts';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { type EmbeddedServer, startEmbedded } from '../../source/demo/embedded.ts';
import { applyMigrations } from '../support/apply-migrations.ts';
import { testSettings } from '../support/server.ts';
import { type Stage, setStage } from './stage.ts';
import { seedWorld } from './world.ts';

const wish: BackfillWish = {
	engine: 'direct',
	isPartialForced: false,
	isByMonth: false,
	sleepMs: 0,
	statementTimeoutMs: 60_000,
	finished: [],
};
const day = 86_400_000;
let folder: string;
let server: EmbeddedServer;
const states: string[] = [];

const start = () =>
	startEmbedded({
		folder,
		cacheFolder: defaultCacheFolder(),
		isPersistent: true,
		settings: { ...testSettings, shared_buffers: '16MB' },
	});

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'tidemark-restart-'));
	server = await start();
	await applyMigrations(server.url());
	const client = new pg.Client({ connectionString: server.url() });
	await client.connect();
	await seedWorld(client, { from: '100 days', to: '1 day' });
	await client.end();
});
afterAll(async () => {
	await server.stop();
	for (const each of [folder, ...states]) await rm(each, { recursive: true, force: true });
});

const set = (state?: string): Stage => {
	const stage = setStage(server.url(), state === undefined ? {} : { folder: state });
	states.push(stage.context.folder);
	return stage;
};

const backfill = (stage: Stage, more: Partial<BackfillWish>) =>
	stage.at('backfill', 'hourly', async (place) =>
		runBackfill(
			stage.context,
			place,
			await planBackfill(stage.context, place, { ...wish, ...more }),
		),
	);

test('a server that is restarted in the middle of a walk loses nothing of it', async () => {
	const stage = set();
	const run = backfill(stage, { sleepMs: 60_000 });
	run.catch(() => {});
	await stage.whenEvent(({ kind }) => kind === 'slice-done');
	await server.stop();
	stage.stop.abort();
	await expect(run).rejects.toMatchObject({
		outcome: 'stopped',
		resume: 'backfill --pipeline hourly --resume',
	});
	server = await start();
	const again = set(stage.context.folder);
	const [left] = leftBehind({ ...again.context, target: stage.context.target });
	expect(left?.slices).toHaveLength(1);
	await backfill(again, { finished: left?.slices ?? [] });
	const { effect } = await again.at('verify', 'hourly', (place) =>
		verifySpan(place.session, place.shape, { fromMs: Date.now() - 130 * day, toMs: Date.now() }),
	);
	expect(effect.kinds).toEqual({ pending: 0, drift: 0, ghost: 0 });
});

test('a standby verifies, and refuses everything else', async () => {
	await server.stop();
	await writeFile(join(folder, 'cluster', 'standby.signal'), '');
	server = await start();
	const stage = set();
	for (const action of ['tick', 'replay', 'repair', 'backfill', 'prune'] as const) {
		await expect(stage.at(action, 'hourly', async () => {})).rejects.toMatchObject({
			outcome: 'refused',
			message: `No ${action} here: this is a standby: nothing can be written here.`,
		});
	}
	const { effect } = await stage.at('verify', 'hourly', (place) =>
		verifySpan(place.session, place.shape, { fromMs: Date.now() - 3 * day, toMs: Date.now() }),
	);
	expect(effect.buckets).toBeGreaterThan(0);
});
