import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { faults, startDemo } from '../../source/demo/demo.ts';
import { bringToLife, type Life } from '../../source/demo/life.ts';
import { useClones, withClient } from '../health/diagnosis/clones.ts';
import { diagnoseNow } from '../health/diagnosis/diagnosed.ts';
import { composeFor } from '../support/sampling.ts';
import { diagnosedElsewhere, shows, symptoms } from './symptoms.ts';

/** Where a fault shows, and what goes on there. */
type Stage = Pick<Life, 'watchedUrl' | 'workload'>;

const clones = useClones({ days: 3 });
const cleanups: (() => Promise<unknown>)[] = [];
let cacheDir: string;

beforeAll(async () => {
	cacheDir = await mkdtemp(join(tmpdir(), 'tidemark-faults-'));
});

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(() => rm(cacheDir, { recursive: true, force: true }));

/** A whole demo, on a server of its own. */
async function start(fault?: string): Promise<Stage> {
	const demo = await startDemo({
		cacheDir,
		historyDays: 3,
		stepMs: 100,
		...(fault !== undefined && { fault }),
	});
	cleanups.push(() => demo.stop());
	return { watchedUrl: demo.watchedUrl, workload: demo.workload };
}

/** What a demo makes of a fault, on the server of all tests: a server for each takes a second and a half. */
async function startOnClone(fault: string): Promise<Stage> {
	const { url, drop } = await clones.create();
	cleanups.push(drop);
	const life = await bringToLife({
		url,
		fault: faults[fault],
		seed: 1,
		stepMs: 100,
		settings: {},
		cacheFolder: cacheDir,
	});
	cleanups.push(() => life.end());
	return life;
}

/** It uses up all connections of its server. */
const needsOwnServer = (name: string): boolean =>
	name === 'connections-full' || faults[name]?.settings !== undefined;

test('a demo without a fault shows none of the symptoms', async () => {
	const { watchedUrl, workload } = await start();
	await workload.nextStep();
	const present = await withClient(watchedUrl, async (client) => {
		const names: string[] = [];
		for (const [name, question] of Object.entries(symptoms)) {
			const { rows } = await client.query(`select (${question})::boolean as is_there`);
			if (rows[0].is_there) names.push(name);
		}
		return names;
	});
	expect(present).toEqual([]);
});

/** Found by several looks, or not by looking at this database. */
const sentences: Readonly<Record<string, RegExp>> = {
	'standby-lag': /^this is a standby \d+s behind its primary: its replay is paused/,
	'dear-watching':
		/^watching takes \d+% of one processor .*, since index scans are switched off here$/,
};

/** Whether diagnosis comes to say `sentence` while the workload goes on. */
async function isDiagnosed({ watchedUrl }: Stage, sentence: RegExp): Promise<boolean> {
	const parts = composeFor(watchedUrl, { interval: '250ms' });
	try {
		// The lag of a standby counts from five seconds on, what watching costs after ten refreshes.
		for (const started = performance.now(); performance.now() - started < 40_000; ) {
			const { findings } = await diagnoseNow(parts);
			if (findings.some((finding) => sentence.test(finding.sentence))) return true;
		}
		return false;
	} finally {
		await parts.stop();
	}
}

describe('the fault', () => {
	// One needs a server of another version: see test/servers/old-server.servers.ts.
	test.each(diagnosedElsewhere.filter((name) => name !== 'old-server'))('%s', async (name) => {
		const stage = await (needsOwnServer(name) ? start(name) : startOnClone(name));
		expect(await shows(name, stage.watchedUrl, () => stage.workload)).toBe(true);
		const sentence = sentences[name];
		if (sentence) expect(await isDiagnosed(stage, sentence)).toBe(true);
	});
});
