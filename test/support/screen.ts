import xterm from '@xterm/headless';

/** What a terminal of a fixed size shows at one moment. */
export type Screen = {
	/** One string a row, without trailing blanks. */
	readonly lines: readonly string[];
	/** The rows joined by line feeds, without the empty ones at the end. */
	readonly text: string;
	/** The program is on the alternate screen. */
	readonly isAlternate: boolean;
	readonly isCursorHidden: boolean;
};

/** A terminal emulator that is fed with bytes and asked what it shows. */
export type ScreenReader = {
	/** Feeds output of a program; resolves when the screen shows it. */
	write(data: string): Promise<void>;
	read(): Screen;
	/** What stands in a cell, `''` for a blank and for the second cell of a wide character. */
	textAt(row: number, column: number): string;
	/** The colour number of a cell's text, -1 for the default; rows and columns from 0. */
	colorAt(row: number, column: number): number;
	isDimAt(row: number, column: number): boolean;
	resize(columns: number, rows: number): void;
	dispose(): void;
};

const cursorSwitch = /\x1b\[\?25([hl])/g;

/** Makes an emulated terminal of the given size, with no scrollback. */
export function createScreenReader(columns: number, rows: number): ScreenReader {
	const terminal = new xterm.Terminal({
		cols: columns,
		rows,
		scrollback: 0,
		allowProposedApi: true,
	});
	let isCursorHidden = false;
	const cellAt = (row: number, column: number) => {
		const { active } = terminal.buffer;
		return active.getLine(active.baseY + row)?.getCell(column);
	};
	return {
		write: (data) =>
			new Promise((resolve) => {
				for (const match of data.matchAll(cursorSwitch)) isCursorHidden = match[1] === 'l';
				terminal.write(data, resolve);
			}),
		read() {
			const { active } = terminal.buffer;
			const lines = Array.from(
				{ length: terminal.rows },
				(_, row) =>
					active
						.getLine(active.baseY + row)
						?.translateToString(true, 0, terminal.cols)
						.trimEnd() ?? '',
			);
			const text = lines.join('\n').trimEnd();
			return { lines, text, isAlternate: active.type === 'alternate', isCursorHidden };
		},
		textAt: (row, column) => cellAt(row, column)?.getChars().trimEnd() ?? '',
		colorAt: (row, column) => cellAt(row, column)?.getFgColor() ?? -1,
		isDimAt: (row, column) => cellAt(row, column)?.isDim() !== 0,
		resize: (newColumns, newRows) => terminal.resize(newColumns, newRows),
		dispose: () => terminal.dispose(),
	};
}
