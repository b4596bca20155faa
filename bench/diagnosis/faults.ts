import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { withClient } from '../../source/demo/connection.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';
import { faults, injectFault } from '../../source/demo/faults/faults.ts';
import { writeHistory } from '../../source/demo/history/history.ts';
import { shape } from '../../source/demo/shape.ts';
import { usualSwitches } from '../../source/demo/workload/switches.ts';
import { runTick } from '../../source/demo/workload/ticks.ts';
import { startWorkload } from '../../source/demo/workload/workload.ts';
import { pipelines } from '../../source/health/diagnosis/rollups/pipelines.ts';
import { revive } from '../../test/health/diagnosis/revive.ts';
import { applyMigrations } from '../../test/support/apply-migrations.ts';
import { alarms, sentences } from './sentences.ts';
import { askAgain, lookFor, type Seen, untilQuiet, watch } from './watching.ts';

// How long each fault of the demo takes to be on the screen of the built program, and what is beside it:
// npm run bench:faults -- --write    (puts the table into docs/measurements/diagnosis.md; with
// --only a,b the rows of those alone)

const { values } = parseArgs({
	options: { only: { type: 'string' }, write: { type: 'boolean', default: false } },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const cacheFolder = defaultCacheFolder();
const settings = {
	fsync: 'off',
	shared_buffers: '96MB',
	max_connections: 40,
	wal_level: 'replica',
	max_wal_senders: 4,
};

/** What must last is waited for: a transaction counts after two minutes, a waiter after seconds. */
const longestMs = (name: string): number => (name === 'old-transaction' ? 160_000 : 40_000);

/** Only from elsewhere, or only in new sessions: the console is opened after the fault was made. */
const isSeenAnew = (name: string) =>
	faults[name]?.vantage !== undefined || ['clock-skew', 'dear-watching'].includes(name);

const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
const server = await startEmbedded({ folder, cacheFolder, isPersistent: false, settings });
const rows: string[] = [];
let version = '';
try {
	await prepareOrigin();
	const names = values.only?.split(',') ?? Object.keys(faults);
	for (const name of names) {
		rows.push(await measured(name).catch((error) => notMeasured(name, error)));
	}
} finally {
	await server.stop();
	await rm(folder, { recursive: true, force: true });
}
const load = loadavg().map((each) => each.toFixed(0));
const table = [
	`${new Date().toISOString().slice(0, 10)}, embedded Postgres ${version}, ${cpus().length} processors shared with other work (load ${load.join(', ')} at the end).`,
	'',
	'| fault of the demo | found | first line after s | sentence after s | the sentence | false beside it |',
	'|---|---|---:|---:|---|---:|',
	...rows,
].join('\n');
console.log(table);
if (values.write) await writeTable(table);

async function prepareOrigin(): Promise<void> {
	await withClient(server.url(), (admin) => admin.query('create database origin'));
	const url = server.url('origin');
	await withClient(url, async (client) => {
		version = (await client.query('show server_version')).rows[0].server_version;
	});
	await applyMigrations(url);
	const progress = { days: 10, version: 'bench', onProgress: () => {} };
	await writeHistory({ url, seed: 1 }, progress);
	await withClient(url, (client) => client.query('vacuum analyze'));
}

/** A copy in which everything is as it should be, now. */
async function healthyCopy(name: string): Promise<string> {
	await withClient(server.url(), (admin) =>
		admin.query(`create database ${name} template origin strategy file_copy`),
	);
	const url = server.url(name);
	await withClient(url, async (client) => {
		for (const { tickFunction } of pipelines) await runTick(client, tickFunction);
		await client.query(revive);
	});
	return url;
}

/** A product at work on a copy of its own, watched until all is clear, and then with the fault. */
async function measured(name: string): Promise<string> {
	const fault = faults[name];
	const sentence = sentences[name];
	if (!fault || !sentence) throw new Error(`There is no fault, or no sentence of it: ${name}`);
	await using stack = new AsyncDisposableStack();
	const copy = `copy_${name.replaceAll('-', '_')}`;
	stack.defer(() =>
		withClient(server.url(), async (admin) => {
			await admin.query(`drop database ${copy} with (force)`);
		}),
	);
	const url = await healthyCopy(copy);
	// A runtime that happens to die would stand beside the fault.
	const switches = { ...usualSwitches(shape.tasksPerMinute), isDying: false };
	const workload = startWorkload({ url, seed: 1, switches, stepMs: 1000 });
	stack.defer(() => workload.stop());
	const before = stack.use(await watch(url));
	await untilQuiet(before);
	const made = await injectFault(fault, { url, switches, settings, cacheFolder });
	stack.defer(() => made.close());
	const since = performance.now();
	const pty = isSeenAnew(name) ? stack.use(await watch(made.watchedUrl)) : before;
	const seen = await lookFor(pty, sentence, { since, limitMs: longestMs(name) });
	const text = await askAgain(pty);
	const alarming = text.match(/(?<=│ )[✖▲] /g)?.length ?? 0;
	const wrong = alarming - (alarms[name] ?? 1);
	const row = tableRow(name, seen, sentenceIn(text, sentence), wrong);
	console.error(row);
	if (wrong !== 0 || seen.sentenceSeconds === undefined) console.error(pty.screen().text);
	return row;
}

/** One that could not be looked at must not take the others with it. */
function notMeasured(name: string, error: Error): string {
	console.error(`${name}: ${error.message}`);
	process.exitCode = 1;
	return `| ${name} | not measured | – | – | – | – |`;
}

function tableRow(name: string, seen: Seen, sentence: string, wrong: number): string {
	const { lineSeconds, sentenceSeconds, wasAsked } = seen;
	const sentenceAfter =
		sentenceSeconds === undefined
			? 'never'
			: `${sentenceSeconds.toFixed(2)}${wasAsked ? ' of `R`' : ''}`;
	return `| ${[
		name,
		sentenceSeconds === undefined ? 'no' : 'yes',
		lineSeconds?.toFixed(2) ?? '–',
		sentenceAfter,
		withoutPid(sentence),
		wrong,
	].join(' | ')} |`;
}

/** The sentence as the diagnosis has it, without the mark before it: the second line may have it cut. */
function sentenceIn(screen: string, sentence: RegExp): string {
	const text = screen.slice(screen.indexOf('╭ Diagnosis'));
	const at = text.search(sentence);
	if (at < 0) return '';
	return text.slice(at + 2).split(/ since (?:\d{4}-|not known)| *[│\n]/)[0] ?? '';
}

function withoutPid(text: string): string {
	return text.replace(/pid \d+/g, 'pid N').replaceAll('|', '/');
}

async function writeTable(text: string): Promise<void> {
	const path = join(root, 'docs/measurements/diagnosis.md');
	const doc = await readFile(path, 'utf8');
	const marked = /(<!-- faults -->\n)[\s\S]*?(<!-- \/faults -->)/;
	if (!marked.test(doc)) throw new Error(`${path} has no place for the table.`);
	const mended = values.only
		? rows.reduce(withRow, doc)
		: doc.replace(marked, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
	await writeFile(path, mended);
}

/** The document with this row in the place of the fault's last one. */
function withRow(doc: string, row: string): string {
	const [, name] = row.split('|');
	const before = doc.split('\n').find((line) => line.startsWith(`|${name}|`));
	if (before === undefined) throw new Error(`The table has no row of${name}: write it as a whole.`);
	return doc.replace(before, () => row);
}
