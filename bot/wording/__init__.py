"""The words: templates of content/ to messages. Pure, given the files."""
