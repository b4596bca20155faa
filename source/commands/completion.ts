import { TidemarkError } from '../errors.ts';
import type { CommandContext } from './command.ts';
import { bashScript } from './completion-bash.ts';
import { fishScript } from './completion-fish.ts';
import { zshScript } from './completion-zsh.ts';

const scripts: Readonly<Record<string, () => string>> = {
	bash: bashScript,
	zsh: zshScript,
	fish: fishScript,
};

/** Prints what teaches a shell the commands and flags of this version. */
export async function completion({ args, stdout }: CommandContext): Promise<number> {
	const [shell = ''] = args;
	const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
	if (!script) {
		const names = Object.keys(scripts).join(', ');
		throw new TidemarkError(
			'config',
			`tidemark completion takes one of ${names}; it is "${shell}"`,
		);
	}
	stdout.write(script());
	return 0;
}
