import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Parts } from '../../source/compose.ts';
import type { KeyFacts } from '../../source/ui/binding.ts';
import { openUsage, type UsageView, usageView } from '../../source/ui/views/usage/usage-view.ts';
import { nth } from '../rollup/world.ts';
import { useDatabase } from '../support/database.ts';
import { driveConsole, type Rendered, renderOnScreen } from '../support/render.ts';
import { composeFor } from '../support/sampling.ts';
import { environment } from '../ui/fixtures.ts';
import { dayBefore, noon, seedTwoDays } from './two-days.ts';

describe('its keys', () => {
	const facts = { top: 0, maxTop: 0, pageRows: 10 } as KeyFacts;
	const press = (view: UsageView, ...keys: readonly (string | { intent: string })[]) =>
		keys.reduce((before, key) => {
			const step = usageView.press(
				before,
				(typeof key === 'string' ? { key, intent: undefined } : { key: '', ...key }) as never,
				facts,
			);
			return step?.view as UsageView;
		}, view);
	const open = openUsage(undefined);
	const times = (count: number, intent: string) =>
		Array.from({ length: count }, () => ({ intent }));

	test('go round through what there is', () => {
		const by = (count: number) => press(open, ...times(count, 'usage-by')).request.by;
		expect([0, 1, 2, 3, 4, 5].map(by)).toEqual(['day', 'week', 'agent', 'model', 'hour', 'day']);
		const source = (count: number) => press(open, ...times(count, 'usage-source')).request.source;
		expect([0, 1, 2, 3, 4].map(source)).toEqual([undefined, 'hourly', 'daily', 'raw', undefined]);
		const span = (count: number) => press(open, ...times(count, 'usage-span')).request.span;
		expect([1, 2, 3, 4].map(span)).toMatchObject([30, 90, 365, 1].map((days) => ({ days })));
	});

	test('never ask the daily rollup for hours or agents', () => {
		const daily = press(open, ...times(2, 'usage-source'));
		expect(daily.request.source).toBe('daily');
		expect(press(daily, ...times(2, 'usage-by')).request).not.toHaveProperty('source');
		const hours = press(open, ...times(4, 'usage-by'));
		expect(press(hours, ...times(2, 'usage-source')).request.source).toBe('raw');
	});

	test('take a zone and a subject as they are typed, and refuse what there is not', () => {
		const typing = press(open, { intent: 'usage-zone' }, ...'Mars/Base');
		expect(usageView.isTyping?.(typing)).toBe(true);
		const refused = usageView.press(typing, { key: 'return', intent: undefined }, facts);
		expect(refused?.notice).toContain('there is no time zone "Mars/Base"');
		expect(press(typing, 'escape')).toEqual(open);
		const tokyo = press(open, { intent: 'usage-zone' }, ...'Asia/Tokyo', 'return');
		expect(tokyo.request.zone).toBe('Asia/Tokyo');
		expect(press(tokyo, { intent: 'usage-zone' }, 'return').request).not.toHaveProperty('zone');
		const named = press(open, { intent: 'usage-whose' }, ...'runtime a b', 'return');
		expect(named.request.subject).toEqual({ kind: 'runtime', text: 'a b' });
		expect(press(named, { intent: 'usage-whose' }, ...'all', 'return').request).not.toHaveProperty(
			'subject',
		);
	});
});

describe('on a real database', () => {
	const database = useDatabase();
	let parts: Parts;
	let app: Rendered;

	const shows = async (...texts: readonly (string | RegExp)[]) => {
		const { text } = await app.waitFor((screen) =>
			texts.every((each) =>
				typeof each === 'string' ? screen.text.includes(each) : each.test(screen.text),
			),
		);
		return text;
	};

	beforeAll(async () => {
		await seedTwoDays(database);
		await database.rows(`update agent_runtime set last_seen_at = now() - interval '10 minutes'`);
		parts = composeFor(database.url);
		await parts.loop.refresh();
		const report = parts.monitor.current();
		const driven = driveConsole(report, environment);
		driven.setNow(report.snapshot.publishedAt);
		app = renderOnScreen({ ...driven.context, reader: parts.readerWatch }, 120, 40);
		await app.console.whenIdle();
	}, 60_000);
	afterAll(async () => {
		app.console.unmount();
		await parts.stop();
	});

	test('u opens it; b, s, T and o change what it shows; u closes it', async () => {
		await app.press('u');
		await shows(
			'all usage',
			'UTC, the terminal',
			'● raw usage says the same',
			new RegExp(`${dayBefore(1)} \\w+ +30 +3 `),
		);
		await app.press('b');
		await shows('Usage  by week', /\d{4}-W\d\d/);
		await app.press('b');
		await shows('agent-2', 'opus', 'raw − rollup');
		await app.press('b');
		await shows('claude', 'haiku');
		await app.press('b');
		await shows('starts', 'a full bar: 303 tokens, 3 task starts', /12:00 +330 +6 /);
		await app.press('b');
		await app.press('T');
		await shows('time zone (nothing: the one by itself):', 'enter take it  esc leave it as it was');
		await app.press('Asia/Kolkata\r');
		await shows('Asia/Kolkata, asked for', 'hours of Asia/Kolkata cut');
		await app.press('o');
		await app.press('workspace nowhere\r');
		await shows('no workspace here has the id or the name "nowhere"');
		await app.press('o');
		await app.press(`workspace ${nth.workspace(2)}\r`);
		await shows(`workspace ${nth.workspace(2)}`, 'input 220');
		await app.press('s');
		await shows('from the hourly rollup', 'asked for)');
		await app.press('u');
		await shows('1 Tasks');
	});

	test('of the runtime that is selected, and what is wrong with its rollup', async () => {
		await database.rows(`delete from task_usage_hourly where bucket_hour < ${noon(1)}`);
		await app.press('2');
		await app.press('\r');
		await shows('rt-1');
		await app.press('u');
		await shows(
			/runtime rt-[12]/,
			/▲ the hourly rollup differs on 1 day before its watermark: raw usage has \d+ tokens/,
			/\+\d+/,
		);
		await app.press('\x1b');
		await shows('rt-1', 'heartbeat');
	});
});
