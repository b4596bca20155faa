import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { parseSampler } from '../../source/catalog/front-matter.ts';
import type { Sampler } from '../../source/catalog/sampler.ts';
import type { Parts } from '../../source/compose.ts';
import { sqlDirectory } from '../../source/lib/sql-directory.ts';
import { probe } from '../../source/postgres/probe.ts';
import { type Answers, answerTo, type Question } from '../../source/sampling/question.ts';
import { Reader } from '../../source/sampling/reader.ts';
import { ReaderWatch } from '../../source/sampling/reader-watch.ts';
import { rowsOf } from '../../source/sampling/reading.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { composeFor } from '../support/sampling.ts';

const database = useDatabase();
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const files: Readonly<Record<string, string>> = {
	echo: `-- title: What was bound
-- parameters: $1 said text or null, $2 many integer
-- columns: said text, many integer, day date
select $1::text as said, $2::bigint as many, '2026-11-03'::date as day where $1 is not null`,
	writes: `-- title: Tries to write
-- columns: made integer
select nextval('reader_test') as made`,
	slow: `-- title: Takes too long
-- timeout: 150ms
-- columns: slept text
select pg_sleep(30)::text as slept`,
	absent: `-- title: Needs what is not here
-- needs: no_such_table(id)
-- columns: id text
select id from no_such_table`,
	'choice.plain': `-- title: One of two
-- columns: which text
select 'plain' as which`,
	'choice.demanding': `-- title: The other
-- needs: no_such_table(id)
-- columns: which text
select 'demanding' as which`,
};

const queries = Object.entries(files).map(([name, text]): Sampler => {
	const parsed = parseSampler(`test/${name}.sql`, 'test', name, text, 'query');
	if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
	return parsed.sampler;
});
const probeSql = readFileSync(join(sqlDirectory(), 'probe.sql'), 'utf8');

function readerFor(url: string): { readonly reader: Reader; readonly parts: Parts } {
	const parts = composeFor(url);
	cleanups.push(() => parts.stop());
	const reader = new Reader({
		queries: () => queries,
		onSecond: parts.loop.onSecond,
		probe: (session, wanted) => probe(session, probeSql, wanted),
		statementTimeoutMs: 1000,
		now: Date.now,
	});
	return { reader, parts };
}

const echo = (said: string | null, many = 1): Question => ({
	query: 'test/echo',
	values: { said, many },
});
const asked = async (reader: Reader, question: Question) =>
	answerTo(await reader.ask([question]), question);

it('binds values, and decodes what the header promises: exact past 2^53, text made harmless', async () => {
	const { reader } = readerFor(database.url);
	const hostile = "'; drop table agent_task_queue; -- \x1b[2J";
	const question: Question = {
		query: 'test/echo',
		values: { said: hostile, many: '9007199254740993' },
	};
	const reading = await asked(reader, question);
	expect(rowsOf(reading)).toEqual([
		{ said: "'; drop table agent_task_queue; -- ·", many: 9007199254740993n, day: '2026-11-03' },
	]);
	expect(await asked(reader, echo(null))).toMatchObject({ kind: 'empty' });
	const none = await asked(reader, {
		query: 'test/echo',
		values: { said: 'x', many: 'no number' },
	});
	expect(none).toMatchObject({ kind: 'failed', failure: { sqlstate: '22P02' } });
	// The connection is as good as before.
	expect(rowsOf(await asked(reader, echo('still', 2)))).toMatchObject([{ said: 'still' }]);
});

it('only reads, within its time, and what is missing is told apart', async () => {
	await database.rows('create sequence reader_test');
	const { reader } = readerFor(database.url);
	const names = ['test/writes', 'test/slow', 'test/absent', 'test/choice', 'test/choice.plain'];
	const questions = names.map((query) => ({ query }));
	const answers = await reader.ask([...questions, echo('beside')]);
	expect(questions.map((question) => answerTo(answers, question))).toMatchObject([
		{ kind: 'failed', failure: { sqlstate: '25006' } },
		{ kind: 'failed', failure: { sqlstate: '57014' } },
		{ kind: 'unavailable', reason: 'not in this database: no table no_such_table' },
		{ kind: 'ok', rows: [{ which: 'plain' }] },
		{ kind: 'ok', rows: [{ which: 'plain' }] },
	]);
	expect(answerTo(answers, echo('beside'))).toMatchObject({ kind: 'ok' });
	await expect(reader.ask([{ query: 'test/unknown' }])).rejects.toThrow(RangeError);
	await expect(reader.ask([{ query: 'test/echo' }])).rejects.toThrow('needs a value for many');
	const extra = { query: 'test/echo', values: { many: 1, more: 2 } };
	await expect(reader.ask([extra])).rejects.toThrow('no parameter more');
	const left = await database.rows(
		`select state, xact_start from pg_stat_activity where application_name = 'tidemark' and datname = current_database()`,
	);
	expect(left).toEqual([{ state: 'idle', xact_start: null }]);
});

it('is one round trip for all questions, on the second connection and never a third', async () => {
	const proxy = await startProxy(database.url);
	cleanups.push(() => proxy.close());
	const { reader, parts } = readerFor(proxy.url);
	await parts.loop.refreshAll();
	await reader.ask([echo('first')]);
	const before = proxy.trips();
	const questions = [echo('a'), echo('b'), { query: 'test/choice' }, { query: 'test/slow' }];
	await reader.ask(questions);
	expect(proxy.trips() - before).toBe(1);
	expect(proxy.connections()).toMatchObject({ open: 2, most: 2 });
});

it('watches: asks at the pace, keeps what was known while the line is lost, and stops', async () => {
	const proxy = await startProxy(database.url);
	cleanups.push(() => proxy.close());
	const { reader } = readerFor(proxy.url);
	let asks = 0;
	const counted: Pick<Reader, 'ask'> = {
		ask(...question) {
			asks += 1;
			return reader.ask(...question);
		},
	};
	const watch = new ReaderWatch({
		reader: counted,
		intervalMs: () => 50,
		isPaused: () => false,
		now: Date.now,
	});
	cleanups.push(() => watch.stop());
	const until = (holds: (answers: Answers) => boolean) =>
		new Promise<void>((resolve) => {
			const look = () => {
				if (!holds(watch.state())) return;
				unsubscribe();
				resolve();
			};
			const unsubscribe = watch.subscribe(look);
			look();
		});
	watch.watch([echo('on')]);
	const kindIs = (kind: string) => (answers: Answers) =>
		answerTo(answers, echo('on')).kind === kind;
	await until(kindIs('ok'));
	const first = watch.state();
	await until((answers) => answers !== first);
	// Under way for longer than the pace, it is not asked again.
	proxy.freeze();
	await until(kindIs('stale'));
	expect(rowsOf(answerTo(watch.state(), echo('on')))).toMatchObject([{ said: 'on' }]);
	proxy.thaw();
	watch.refresh();
	await until(kindIs('ok'));
	watch.watch([]);
	const settled = asks;
	watch.refresh();
	expect(asks).toBe(settled);
}, 30_000);

it('goes on asking what is open when the clock of this machine is set back', async () => {
	const wall = Date.now;
	let setMs = 0;
	const clock = vi.spyOn(Date, 'now').mockImplementation(() => wall() + setMs);
	cleanups.push(() => clock.mockRestore());
	const { readerWatch, stop } = composeFor(database.url, { interval: '250ms' });
	cleanups.push(stop);
	const nextAnswers = () =>
		new Promise<Answers>((resolve) => {
			const unsubscribe = readerWatch.subscribe(() => {
				unsubscribe();
				resolve(readerWatch.state());
			});
		});
	readerWatch.watch([{ query: 'lists/sessions', values: { after_at: null, after_id: null } }]);
	const before = await nextAnswers();
	setMs = -3_600_000;
	const after = await nextAnswers();
	const [first, second] = [before, after].map((each) => [...each.values()][0]);
	// Sessions of other tests come and go; what is new in any case is when they were asked for.
	expect(second?.kind).toMatch(/^(ok|empty)$/);
	expect(second).not.toEqual(first);
});
