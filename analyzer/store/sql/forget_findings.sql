-- The sentences about one $topic, before they are said anew.
DELETE FROM finding WHERE topic = $topic;
