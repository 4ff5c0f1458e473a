"""Around a person's mark: which answer is next, second marks, second looks, comments to use again."""
