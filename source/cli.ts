import meow from 'meow';
import type { Command, CommandContext, Flags } from './commands/command.ts';
import { parserFlags } from './commands/flags.ts';
import { commandHelp, helpText } from './commands/help.ts';
import { type CommandEntry, commands, loadConsole } from './commands/registry.ts';
import { applyTimeZone, loadConfig, targetInput, targetNameOf } from './config/load.ts';
import { TidemarkError } from './errors.ts';
import { sanitiseLines } from './lib/text.ts';
import { resolveTargets } from './postgres/target.ts';

/** Exit statuses besides 0: something failed, or the command line is wrong. */
const failedStatus = 1;
const usageStatus = 2;
/** EX_SOFTWARE of sysexits.h. */
const crashedStatus = 70;

const cli = meow({
	importMeta: import.meta,
	description: false,
	allowUnknownFlags: false,
	booleanDefault: undefined,
	// Each command has a help of its own.
	autoHelp: false,
	flags: parserFlags(),
});

const ending = new AbortController();
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
let signalStatus: number | undefined;
for (const [signal, status] of Object.entries(signals)) {
	process.on(signal, () => {
		signalStatus ??= status;
		ending.abort();
	});
}
// A fault of ours: the terminal is given back first, so that what happened can be read.
process.on('uncaughtException', (error) => {
	ending.abort();
	// What went wrong may have come in the words of a server.
	const told = sanitiseLines(String(error.stack));
	process.stderr.write(`tidemark stopped on a fault of its own, please report it:\n${told}\n`);
	process.exit(crashedStatus);
});
process.stdout.on('error', endUnheard);

process.exitCode = await run();
// Where standard output is a file, its event would come too late.
if (process.stdout.errored) endUnheard(process.stdout.errored);
// Whatever still holds the event loop, the work is done and the connections are closed.
process.exit();

/** Nobody gets the answer: a reader that went away, as `head` does, is no fault; a full disk is. */
function endUnheard(error: NodeJS.ErrnoException): never {
	if (error.code === 'EPIPE') process.exit(0);
	process.stderr.write(
		`What standard output is sent to takes no more, and part of the answer is lost: ${error.message}\n`,
	);
	process.exit(entryOf(cli.input)?.unheardStatus ?? failedStatus);
}

function entryOf([name = '']: readonly string[]): CommandEntry | undefined {
	return Object.hasOwn(commands, name) ? commands[name] : undefined;
}

async function run(): Promise<number> {
	const [, ...rest] = cli.input;
	const entry = entryOf(cli.input);
	if (cli.flags.help === true) {
		process.stdout.write(`${entry ? commandHelp(entry) : helpText()}\n`);
		return 0;
	}
	const args = entry ? rest : cli.input;
	const file = await loadConfig();
	const targetName = targetNameOf(args[0] ?? (cli.flags.url as string | undefined));
	// A copy: it keeps the time zone of the start.
	const env = { ...process.env };
	applyTimeZone({ flags: cli.flags as Flags, env, file, targetName });
	const context: CommandContext = {
		args,
		flags: cli.flags as Flags,
		env,
		file,
		targetName,
		stdin: process.stdin,
		stdout: process.stdout,
		stderr: process.stderr,
		ending: ending.signal,
		resolveTarget: async (url) =>
			resolveTargets(targetInput(file, url ?? (cli.flags.url as string | undefined))),
	};
	try {
		const command: Command = await (entry ? entry.load() : loadConsole());
		const status = await command(context);
		return entry?.isService ? status : (signalStatus ?? status);
	} catch (error) {
		if (!(error instanceof TidemarkError)) throw error;
		process.stderr.write(`${error.message}\n`);
		return error.kind === 'config' ? usageStatus : failedStatus;
	}
}
