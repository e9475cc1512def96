"""What must hold against somebody who means harm: a test for each sentence of SECURITY.md."""
