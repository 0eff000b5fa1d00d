"""A little interpreter of the Amazon States Language (JSONPath), written from the public specification alone.

It shares nothing with `shared/asl`: where the two come to different ends, one of them is wrong."""
