import { expect, test } from 'vitest';
import { openPty } from './pty.ts';

test('a program in the pty has a terminal of the size asked for, reads keys and ends', async () => {
	const program = `
		process.stdout.write('\\x1b[?1049h\\x1b[2J\\x1b[3;5Hsize ' + process.stdout.columns + 'x' + process.stdout.rows);
		process.stdin.setRawMode(true);
		process.stdin.on('data', (key) => {
			process.stdout.write('\\x1b[?1049l' + 'pressed ' + key);
			process.exitCode = 3;
			process.stdin.unref();
		});`;
	await using pty = openPty(process.execPath, ['-e', program], { columns: 70, rows: 9 });
	const screen = await pty.waitFor(({ text }) => text.includes('size'));
	expect(screen.lines[2]).toBe('    size 70x9');
	expect(screen.isAlternate).toBe(true);
	pty.press('x');
	expect(await pty.exited()).toMatchObject({ exitCode: 3 });
	expect(pty.screen()).toMatchObject({ isAlternate: false, text: 'pressed x' });
});

test('waiting for a screen fails with what is there when the program ends first', async () => {
	await using pty = openPty(process.execPath, ['-e', 'console.log("short life")']);
	await expect(pty.waitFor(({ text }) => text.includes('never'))).rejects.toThrow('short life');
});
