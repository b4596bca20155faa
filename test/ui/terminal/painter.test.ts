import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type Line, lineText, span } from '../../../source/ui/draw/span.ts';
import { createStyles } from '../../../source/ui/draw/theme.ts';
import { belowAll, createPainter } from '../../../source/ui/terminal/painter.ts';
import { fc } from '../../support/properties.ts';
import { createScreenReader } from '../../support/screen.ts';

const styles = createStyles('dark', true);

/** A terminal that takes chunks until it is told to be slow. */
class Target extends EventEmitter {
	chunks: string[] = [];
	isSlow = false;
	write(chunk: string): boolean {
		this.chunks.push(chunk);
		return !this.isSlow;
	}
}

const text = (...rows: readonly string[]): readonly Line[] => rows.map((row) => [span(row)]);

describe('what reaches the terminal', () => {
	test('is what differs, in one write, and nothing where nothing does', () => {
		const target = new Target();
		const painter = createPainter(target, styles);
		painter.paint(text('queued 18', 'running 40'), 20, 2);
		painter.paint(text('queued 19', 'running 40'), 20, 2);
		painter.paint(text('queued 19', 'running 40'), 20, 2);
		expect(target.chunks).toEqual([
			'\x1b[m\x1b[H\x1b[J\x1b[1;1Hqueued 18\x1b[2;1Hrunning 40',
			'\x1b[1;9H9',
		]);
	});

	test('ends in the style of the terminal, and erases a longer rest instead of writing blanks', () => {
		const target = new Target();
		const painter = createPainter(target, styles);
		painter.paint([[span('a long line in green', 'ok')]], 40, 1);
		painter.paint([[span('short', 'critical')]], 40, 1);
		expect(target.chunks.slice(1)).toEqual(['\x1b[1;1H\x1b[1;31mshort\x1b[6G\x1b[m\x1b[K']);
	});

	test('never is a control character, whatever a line holds', () => {
		const target = new Target();
		createPainter(target, styles).paint([[span('a\x1b]0;title\x07b\x9b2Jc\u2028d')]], 40, 1);
		const painted = (target.chunks[0] ?? '').replace('\x1b[m\x1b[H\x1b[J\x1b[1;1H', '');
		expect(painted).toBe('a?]0;title?b?2Jc?d');
	});

	test('clears the cells of a character whose width is disputed, and places what follows', () => {
		const target = new Target();
		createPainter(target, styles).paint(text('a日b'), 10, 1);
		expect(target.chunks[0]).toBe('\x1b[m\x1b[H\x1b[J\x1b[1;1Ha  \x1b[2G日\x1b[4Gb');
	});

	test('ends at the edge of the screen', () => {
		const target = new Target();
		createPainter(target, styles).paint(text('abc日x'), 4, 1);
		expect(target.chunks[0]).toBe('\x1b[m\x1b[H\x1b[J\x1b[1;1Habc');
	});

	test('begins anew on a terminal of another size', () => {
		const target = new Target();
		const painter = createPainter(target, styles);
		painter.paint(text('one', 'two'), 10, 2);
		painter.paint(text('one'), 10, 1);
		expect(target.chunks[1]).toBe('\x1b[m\x1b[H\x1b[J\x1b[1;1Hone');
	});
});

describe('a terminal that can not keep up', () => {
	test('gets the latest frame when it can again, and none of those between', () => {
		const target = new Target();
		const painter = createPainter(target, styles);
		target.isSlow = true;
		painter.paint(text('1'), 10, 1);
		for (const row of ['2', '3', '4']) painter.paint(text(row), 10, 1);
		expect(target.chunks).toHaveLength(1);
		expect(painter.isIdle()).toBe(false);
		target.isSlow = false;
		target.emit('drain');
		expect(target.chunks.slice(1)).toEqual(['\x1b[1;1H4']);
		expect(painter.isIdle()).toBe(true);
	});

	test('gets nothing more once the painter is closed', () => {
		const target = new Target();
		const painter = createPainter(target, styles);
		target.isSlow = true;
		painter.paint(text('1'), 10, 1);
		painter.paint(text('2'), 10, 1);
		painter.close();
		painter.close();
		expect(target.listenerCount('drain')).toBe(0);
		painter.paint(text('3'), 10, 1);
		// Where there is no alternate screen to leave, the shell goes on below.
		expect(target.chunks.slice(1)).toEqual([belowAll]);
	});
});

const tones = ['ok', 'warn', 'critical', 'muted', undefined] as const;
const piece = fc.record({
	text: fc.oneof(
		fc.string({ maxLength: 8 }),
		fc.constantFrom('   ', '│ ● ▲', '日本語', 'né', 'a界b', '▁▂█', '…'),
	),
	tone: fc.constantFrom(...tones),
});
const frame = fc.array(fc.array(piece, { maxLength: 4 }), { maxLength: 4 });

test('whatever frame follows whatever frame, the terminal shows the last one in its styles', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), async (frames) => {
			const [columns, rows] = [24, 4];
			const toLines = (spec: (typeof frames)[number]): readonly Line[] =>
				spec.map((row) => row.map((each) => span(each.text, each.tone)));
			const stepped = createScreenReader(columns, rows);
			const direct = createScreenReader(columns, rows);
			const paintAll = async (reader: typeof stepped, all: readonly (readonly Line[])[]) => {
				const target = new Target();
				const painter = createPainter(target, styles);
				for (const lines of all) painter.paint(lines, columns, rows);
				await reader.write(target.chunks.join(''));
			};
			const all = frames.map(toLines);
			await paintAll(stepped, all);
			await paintAll(direct, all.slice(-1));
			expect(stepped.read().lines).toEqual(direct.read().lines);
			for (let y = 0; y < rows; y++) {
				for (let x = 0; x < columns; x++) {
					// A blank has no visible colour, and may keep any.
					if (stepped.textAt(y, x) === '') continue;
					expect(stepped.colorAt(y, x)).toBe(direct.colorAt(y, x));
				}
			}
			const ascii = all.at(-1)?.every((line) => /^[ -~]*$/.test(lineText(line)));
			if (ascii) {
				const expected = (all.at(-1) ?? []).map((line) =>
					lineText(line).slice(0, columns).trimEnd(),
				);
				expect(stepped.read().lines.slice(0, expected.length)).toEqual(expected);
			}
			stepped.dispose();
			direct.dispose();
		}),
		{ numRuns: 150 },
	);
});
