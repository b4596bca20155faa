/**
 * The same screens drawn by Ink's own compositor, one Text a line: what the painter is measured
 * against. Built as refresh.ts says, with `--jsx=automatic`;
 * run with FORCE_COLOR=1, else Ink has no styles to compose.
 */
import { Box, render, Text } from 'ink';
import { memo, useSyncExternalStore } from 'react';
import type { ConsoleContext } from '../../source/ui/console-context.ts';
import type { Line, Tone } from '../../source/ui/draw/span.ts';
import { composeFrame } from '../../source/ui/frame/compose-frame.ts';
import { isSameLine } from '../../source/ui/terminal/cells.ts';
import { liveContext, sample, streamsOf, Terminal } from './workload.ts';

const refreshes = 200;
const warmUp = 100;
const colors: Partial<Record<Tone, string>> = {
	ok: 'green',
	warn: 'yellow',
	critical: 'red',
	accent: 'cyan',
};

function styleOf(tone: Tone | undefined) {
	const color = tone && colors[tone];
	return { dimColor: tone === 'muted' || tone === 'frame', ...(color ? { color } : {}) };
}

const Row = memo(
	({ line }: { readonly line: Line }) => (
		<Text wrap="truncate">
			{line.map(({ text, tone }, at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a span has no name of its own
				<Text key={at} {...styleOf(tone)}>
					{text}
				</Text>
			))}
		</Text>
	),
	(before, after) => isSameLine(before.line, after.line),
);

type ScreenProps = {
	readonly context: ConsoleContext;
	readonly columns: number;
	readonly rows: number;
};

function Screen({ context, columns, rows }: ScreenProps) {
	const { report: source, controls, environment } = context;
	const report = useSyncExternalStore(source.subscribe, source.current);
	const now = report.snapshot.publishedAt;
	const trends = source.trends();
	const input = { report, trends, now, controls: controls.state(), environment };
	const { lines } = composeFrame(input, {}, columns, rows);
	return (
		<Box flexDirection="column" width={columns} height={rows}>
			{lines.map((line, at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
				<Row key={at} line={line} />
			))}
		</Box>
	);
}

async function measure(columns: number, rows: number): Promise<void> {
	const terminal = new Terminal(columns, rows);
	const { context, publish } = liveContext();
	const ink = render(<Screen context={context} columns={columns} rows={rows} />, {
		...streamsOf(terminal),
		alternateScreen: true,
		incrementalRendering: true,
		interactive: true,
		patchConsole: false,
		maxFps: 1000,
	});
	let seq = 1;
	const run = async (count: number) => {
		for (let round = 0; round < count; round++) {
			publish(sample(seq++));
			await ink.waitUntilRenderFlush();
		}
	};
	await run(warmUp);
	const before = { bytes: terminal.bytes, cpu: process.cpuUsage() };
	await run(refreshes);
	const cpu = process.cpuUsage(before.cpu);
	const bytes = Math.round((terminal.bytes - before.bytes) / refreshes);
	const cpuMs = ((cpu.user + cpu.system) / 1000 / refreshes).toFixed(2);
	console.log(`${columns}x${rows}, Ink's compositor: ${cpuMs} ms CPU, ${bytes} bytes`);
	ink.unmount();
}

await measure(80, 24);
await measure(140, 45);
await measure(200, 50);
