import { cleanup, render } from 'ink-testing-library';
import { afterEach, expect, test } from 'vitest';
import { Console } from '../../../source/ui/components/console.tsx';
import { ConsoleProvider } from '../../../source/ui/console-context.ts';
import { type Line, lineText } from '../../../source/ui/draw/span.ts';
import type { Painter } from '../../../source/ui/terminal/painter.ts';
import { driveConsole } from '../../support/render.ts';
import { allReadings, at, environment, reportOf, snapshotOf } from '../fixtures.ts';

afterEach(cleanup);

/** A painter that remembers frames, and tells of the next one. */
function recordingPainter() {
	const frames: (readonly Line[])[] = [];
	let heard = () => {};
	const painter: Painter = {
		paint(lines) {
			frames.push(lines);
			heard();
		},
		repaint() {},
		copy() {},
		reset() {},
		isIdle: () => true,
		close() {},
	};
	const next = () =>
		new Promise<void>((resolve) => {
			heard = resolve;
		});
	return { painter, frames, next };
}

function mount() {
	const driven = driveConsole(reportOf(snapshotOf(allReadings())), environment);
	const { painter, frames, next } = recordingPainter();
	const app = render(
		<ConsoleProvider value={driven.context}>
			<Console painter={painter} />
		</ConsoleProvider>,
	);
	const last = () => (frames.at(-1) ?? []).map(lineText);
	return { ...driven, ...app, frames, next, last };
}

test('a frame is painted as soon as the console is there, and Ink itself draws nothing', () => {
	const { last, lastFrame } = mount();
	expect(last()[0]).toContain('tidemark  staging  app@db-1/multica');
	expect(lastFrame()).toBe('');
});

test('a key is one frame, a report is one frame', async () => {
	const { frames, next, stdin, publish, last } = mount();
	const before = frames.length;
	let painted = next();
	stdin.write('?');
	await painted;
	expect(last()[2]).toContain('Help');
	expect(frames.length).toBe(before + 1);
	painted = next();
	publish(reportOf(snapshotOf(allReadings(), { at: at + 2000, publishedAt: at + 2000 })));
	await painted;
	expect(last()[0]).toContain('14:02:33');
	expect(frames.length).toBe(before + 2);
});

test('keys that arrive at once act one after the other, in one frame', async () => {
	const { frames, next, stdin, last } = mount();
	const before = frames.length;
	const painted = next();
	stdin.write('3zL');
	await painted;
	expect(last()[2]).toContain('Event log');
	expect(frames.length).toBe(before + 1);
	const back = next();
	stdin.write('L');
	await back;
	expect(last()[2]).toContain('3 Rollups');
});

test('d asks, says so, and shows the answer when it comes', async () => {
	const { next, stdin, diagnose, asked, last } = mount();
	let painted = next();
	stdin.write('d');
	await painted;
	expect(asked).toEqual(['diagnose']);
	expect(last()[2]).toContain('Diagnosis');
	expect(last()[3]).toContain('not asked yet');
	painted = next();
	diagnose({ latest: undefined, isAsking: true });
	await painted;
	expect(last()[3]).toContain('asking the server for evidence');
	painted = next();
	const nothing = { at, findings: [], unexplained: [], facts: [], gaps: [], serverMs: 12 };
	diagnose({ latest: nothing, isAsking: false });
	await painted;
	expect(last()[2]).toContain('Diagnosis of 14:02:31');
	expect(last()[3]).toContain('● nothing is wrong');
});
