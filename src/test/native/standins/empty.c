int standin_empty(void) { return 0; }
