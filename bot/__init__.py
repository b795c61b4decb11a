"""LinguaFlex: a voice tutor, human teachers and groups inside the chat apps people use."""
