#!/usr/bin/env node
/** The program: main() with this process around it. */
import process from 'node:process';
import { main } from './main.ts';
import { processIo } from './support/io.ts';

// A reader that stops early (`modemlab device list | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await main(process.argv.slice(2), processIo());
