import type { Message } from './messages.ts';

/** Name of the element of a message in the Body: `Inform`, `InformResponse`, `Fault`. */
export function messageName(message: Message): string {
  switch (message.kind) {
    case 'request':
      return message.rpc;
    case 'response':
      return `${message.rpc}Response`;
    case 'fault':
      return 'Fault';
    case 'unknown':
      return message.name;
  }
}
