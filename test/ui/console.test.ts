import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Report } from '../../source/health/monitor.ts';
import { driveConsole, type Rendered, renderOnScreen } from '../support/render.ts';
import {
	allReadings,
	at,
	environment,
	historyBefore,
	leaseReadings,
	reportOf,
	snapshotOf,
} from './fixtures.ts';

let running: Rendered | undefined;

afterEach(() => {
	running?.console.unmount();
	running = undefined;
});

const first = reportOf(snapshotOf(allReadings()));

/** A report of two seconds later; the same readings unless told otherwise. */
const later = (readings = allReadings(), seconds = 2): Report => {
	const when = at + seconds * 1000;
	return reportOf(snapshotOf(readings, { at: when, publishedAt: when, seq: 2 }));
};

async function start(columns = 80, rows = 24, report = first, now = at) {
	const driven = driveConsole(report, environment, historyBefore(report.snapshot, 60));
	driven.setNow(now);
	const rendered = renderOnScreen(driven.context, columns, rows);
	running = rendered;
	await rendered.console.whenIdle();
	return { ...driven, ...rendered };
}

describe('the terminal', () => {
	test('is taken over, and given back as it was by q', async () => {
		const app = await start();
		expect(await app.screen()).toMatchObject({ isAlternate: true, isCursorHidden: true });
		expect(app.isRaw()).toBe(true);
		await app.press('q');
		await app.console.waitUntilExit();
		expect(await app.screen()).toEqual({
			lines: Array<string>(24).fill(''),
			text: '',
			isAlternate: false,
			isCursorHidden: false,
		});
		expect(app.isRaw()).toBe(false);
	});

	test('gets modes from Ink and everything else from the painter', async () => {
		const { chunks } = await start();
		const painted = chunks.filter((chunk) => chunk.includes('Tasks'));
		expect(painted).toHaveLength(1);
		const others = chunks.filter((chunk) => chunk !== '' && !painted.includes(chunk));
		expect(new Set(others)).toEqual(new Set(['\x1b[?1049h', '\x1b[?25l']));
	});

	test('is given back by ctrl-c and by unmount, at once and only once', async () => {
		const byKey = await start();
		await byKey.press('\x03');
		await byKey.console.waitUntilExit();
		expect(await byKey.screen()).toMatchObject({ isAlternate: false, isCursorHidden: false });
		const byCall = await start();
		byCall.console.unmount();
		byCall.console.unmount();
		await byCall.console.waitUntilExit();
		expect(await byCall.screen()).toMatchObject({ isAlternate: false, isCursorHidden: false });
		expect(byCall.chunks.filter((chunk) => chunk.includes('\x1b[?1049l'))).toHaveLength(1);
	});

	test('is given back when drawing fails, and the error is told', async () => {
		const app = await start();
		const broken = { ...later(), verdicts: undefined } as unknown as Report;
		const told = vi.spyOn(console, 'error').mockImplementation(() => {});
		app.publish(broken);
		await expect(app.console.waitUntilExit()).rejects.toThrow(TypeError);
		told.mockRestore();
		expect(await app.screen()).toMatchObject({ isAlternate: false, isCursorHidden: false });
	});

	test('is drawn anew in its new size', async () => {
		const app = await start(120, 40);
		await app.resize(80, 24);
		expect((await app.screen()).text).toBe((await (await start(80, 24)).screen()).text);
		await app.resize(12, 1);
		expect((await app.screen()).text).toBe(' ✖ hourly …');
	});
});

describe('what is written', () => {
	test('is nothing where nothing has changed', async () => {
		const app = await start();
		const before = app.chunks.length;
		app.publish({ ...first, snapshot: { ...first.snapshot } });
		await app.console.whenIdle();
		await app.press('x');
		expect(app.chunks.slice(before).join('')).toBe('');
	});

	test('is one piece a report, of what has changed', async () => {
		const app = await start();
		const before = app.chunks.length;
		app.publish(later({ ...allReadings(), ...leaseReadings(at, 43) }));
		await app.console.whenIdle();
		const written = app.chunks.slice(before).filter((chunk) => chunk !== '');
		expect(written).toHaveLength(1);
		expect(written[0]?.length).toBeLessThan(120);
		expect((await app.screen()).text).toContain('ready 43');
	});

	test('is only the latest once a slow terminal takes more', async () => {
		const app = await start();
		const open = app.block();
		for (let seconds = 2; seconds <= 20; seconds += 2) app.publish(later(allReadings(), seconds));
		const before = app.chunks.length;
		open();
		await app.waitFor(({ text }) => text.includes('14:02:51'));
		expect(app.chunks.slice(before).filter((chunk) => chunk !== '').length).toBeLessThanOrEqual(2);
	});
});

describe('keys', () => {
	test('steer the sampling', async () => {
		const app = await start();
		await app.press(' ');
		expect((await app.screen()).lines[0]).toContain('‖ paused');
		expect((await app.screen()).lines.at(-1)).toContain('space resume');
		await app.press(' ');
		await app.press('R');
		await app.press('++-');
		expect(app.asked).toEqual([
			'pause',
			'resume',
			'refresh',
			'interval 5000',
			'interval 10000',
			'interval 5000',
		]);
		expect((await app.screen()).lines[0]).toContain('● live 5s');
	});

	test('open, search, scroll and close', async () => {
		const app = await start();
		await app.press('?');
		expect((await app.screen()).lines[2]).toContain('Help');
		await app.press('G');
		expect((await app.screen()).text).toContain('never counts as well');
		await app.press('/zoom');
		expect((await app.screen()).text).toContain('Give the focused panel');
		expect((await app.screen()).text).not.toContain('Sample now');
		await app.press('\r');
		await app.press('?');
		expect((await app.screen()).lines[2]).toContain('1 Tasks');
		await app.press('\t\t\t');
		await app.press('z');
		expect((await app.screen()).lines[2]).toContain('3 Rollups');
		await app.press('\x1b');
		await app.waitFor(({ lines }) => lines[2]?.includes('1 Tasks') === true);
	});
});

describe('time', () => {
	const lost = reportOf({
		...first.snapshot,
		connection: {
			kind: 'lost',
			since: at,
			where: 'db-1',
			failureClass: 'refused',
			sentence: 'Connection refused by db-1',
			attempts: 1,
			nextTryAt: at + 3000,
		},
	});

	test('counts down while the connection is lost', async () => {
		const app = await start(80, 24, lost, at + 999);
		// One millisecond of this machine's clock is missing until the countdown's next second.
		const screen = await app.waitFor(({ lines }) => lines[1]?.includes('next try in 2s') === true);
		expect(screen.lines[1]).toContain('data 1s old  next try in 2s');
	});

	test('shows when samples no longer come, and stops showing when they do', async () => {
		const app = await start(80, 24, first, at + 4000);
		const screen = await app.waitFor(
			({ lines }) => lines[0]?.includes('no sample for 4s') === true,
		);
		expect(screen.lines[2]).toContain('◌ 4s old');
		expect(app.reader.isDimAt(3, 15)).toBe(true);
		app.publish(later(allReadings(at + 6000), 6));
		await app.console.whenIdle();
		expect((await app.screen()).lines[0]).toContain('● live 2s');
		expect(app.reader.isDimAt(3, 15)).toBe(false);
	});
});
