import xterm from '@xterm/headless';

/** A run of cells of one look. */
type Run = {
	readonly column: number;
	readonly cells: number;
	readonly text: string;
	readonly style: Style;
};

type Style = {
	readonly color: number;
	readonly isBold: boolean;
	readonly isDim: boolean;
	readonly isInverse: boolean;
};

const cell = { width: 8.4, height: 17, baseline: 13 } as const;
const padding = 12;
const ink = '#d5d9e0';
const paper = '#16191f';
/** The sixteen colours of a terminal, which its user's theme sets; these are legible on the paper. */
const palette = [
	'#3b4048',
	'#f07178',
	'#a5d6a7',
	'#ffcb6b',
	'#82aaff',
	'#c792ea',
	'#80cbc4',
	'#d5d9e0',
	'#6b7280',
	'#ff8b92',
	'#b9f6ca',
	'#ffe08a',
	'#9cc4ff',
	'#ddb3ff',
	'#a7ede4',
	'#ffffff',
] as const;

/**
 * What a terminal shows after a program's output, as SVG: each run of characters is as wide as its
 * cells, whatever the font, so that the grid is that of the terminal.
 * @param title what the picture shows, for who can't see it
 */
export async function svgOf(
	output: string,
	columns: number,
	rows: number,
	title: string,
): Promise<string> {
	const terminal = new xterm.Terminal({
		cols: columns,
		rows,
		scrollback: 0,
		allowProposedApi: true,
	});
	await new Promise<void>((resolve) => terminal.write(output, resolve));
	const lines = Array.from({ length: rows }, (_, row) => runsOf(terminal, row));
	terminal.dispose();
	const width = Math.ceil(columns * cell.width + 2 * padding);
	const height = rows * cell.height + 2 * padding;
	const body = lines.flatMap((runs, row) => runs.map((run) => drawn(run, row))).join('\n');
	return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${ink};white-space:pre}.b{font-weight:700}.d{opacity:.6}${palette.map((color, at) => `.c${at}{fill:${color}}`).join('')}</style>
<rect width="${width}" height="${height}" rx="8" fill="${paper}"/>
${body}
</svg>
`;
}

function runsOf(terminal: xterm.Terminal, row: number): readonly Run[] {
	const { active } = terminal.buffer;
	const line = active.getLine(active.baseY + row);
	const runs: Run[] = [];
	for (let column = 0; column < terminal.cols; column++) {
		const found = line?.getCell(column);
		if (!found || found.getWidth() === 0) continue;
		const style = {
			color: found.isFgPalette() ? found.getFgColor() : -1,
			isBold: found.isBold() !== 0,
			isDim: found.isDim() !== 0,
			isInverse: found.isInverse() !== 0,
		};
		const text = found.getChars() || ' ';
		const last = runs.at(-1);
		if (last && isSame(last.style, style)) {
			runs[runs.length - 1] = {
				...last,
				text: last.text + text,
				cells: last.cells + found.getWidth(),
			};
		} else runs.push({ column, cells: found.getWidth(), text, style });
	}
	return runs.flatMap((run) => pieces(run));
}

const isSame = (a: Style, b: Style): boolean =>
	a.color === b.color &&
	a.isBold === b.isBold &&
	a.isDim === b.isDim &&
	a.isInverse === b.isInverse;

/** Gaps are left out: what stands after one begins at its own place, however blanks are drawn. */
function pieces(run: Run): readonly Run[] {
	if (run.style.isInverse) return [run];
	return [...run.text.matchAll(/\S+(?: \S+)*/g)].map((match) => ({
		...run,
		column: run.column + match.index,
		cells: match[0].length,
		text: match[0],
	}));
}

function drawn({ column, cells, text, style }: Run, row: number): string {
	const x = round(padding + column * cell.width);
	const y = padding + row * cell.height;
	const width = round(cells * cell.width);
	const classes = [
		style.isBold ? 'b' : '',
		style.isDim ? 'd' : '',
		style.color >= 0 ? `c${style.color}` : '',
	].filter((each) => each);
	const attributes = classes.length > 0 ? ` class="${classes.join(' ')}"` : '';
	const place = `x="${x}" y="${y + cell.baseline}" textLength="${width}" lengthAdjust="spacingAndGlyphs"`;
	if (!style.isInverse) return `<text ${place}${attributes}>${escaped(text)}</text>`;
	const fill = style.color >= 0 ? palette[style.color] : ink;
	return `<rect x="${x}" y="${y}" width="${width}" height="${cell.height}" fill="${fill}"/><text ${place} style="fill:${paper}">${escaped(text)}</text>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const escaped = (text: string): string =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
