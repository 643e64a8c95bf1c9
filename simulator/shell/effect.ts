/** What happens after the output. Whoever runs the shell executes it, after the output has been sent. */
export type Effect =
  | { readonly do: 'reboot' }
  | { readonly do: 'factory-reset' }
  | { readonly do: 'boot-mode' }
  | { readonly do: 'logout' };
