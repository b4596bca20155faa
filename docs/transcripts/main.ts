/**
 * Writes docs/transcripts/*.txt: `npm run transcripts`. The built program at a real terminal of 120×40,
 * on databases of its own with the pipelines of the field (test/actions/field.ts stands in for them).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';
import { createField } from '../../test/actions/field.ts';
import { seedWorld, type WorldSize } from '../../test/actions/world.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { scenes } from './scenes.ts';

const settings = { fsync: 'off', full_page_writes: 'off', timezone: 'UTC' };
const folder = await mkdtemp(join(tmpdir(), 'tidemark-transcripts-'));
const cacheFolder = defaultCacheFolder();
const server = await startEmbedded({ folder, cacheFolder, isPersistent: false, settings });
const only = process.argv.slice(2);
try {
	for (const [name, scene] of Object.entries(scenes)) {
		if (only.length > 0 && !only.includes(name)) continue;
		const client = await prepared(name, scene.size);
		const home = await mkdtemp(join(tmpdir(), 'tidemark-home-'));
		await using recorder: Recorder = createRecorder(server.url(name), home);
		await scene.play(recorder, client);
		await client.end();
		const head = `${scene.title}\nRecorded ${new Date().toISOString().slice(0, 10)} by \`npm run transcripts\`, 120×40.\n`;
		const file = new URL(`${name}.txt`, import.meta.url);
		await writeFile(file, `${head}\n${recorder.text()}`);
		await rm(home, { recursive: true });
		console.error(`${name}: done`);
	}
} finally {
	await server.stop();
	await rm(folder, { recursive: true, force: true });
}

/** A database with the field's hourly pipeline, filled and up to date. */
async function prepared(name: string, size: WorldSize): Promise<pg.Client> {
	const admin = new pg.Client({ connectionString: server.url() });
	await admin.connect();
	await admin.query(`create database ${name}`);
	await admin.end();
	const client = new pg.Client({ connectionString: server.url(name) });
	client.on('error', () => {});
	await client.connect();
	await createField(client, server.url(name), { names: ['hourly'] });
	await seedWorld(client, size);
	// Nobody writes with an old version here: the diagnosis has nothing else to tell.
	await client.query('update task_usage set updated_at = created_at where updated_at is null');
	await client.query(
		`select rollup_task_usage_hourly_window('-infinity', now() - interval '5 minutes')`,
	);
	await client.query(
		`update task_usage_hourly_rollup_state
		set watermark_at = now() - interval '6 minutes', last_run_started_at = now(), last_run_finished_at = now()`,
	);
	return client;
}
