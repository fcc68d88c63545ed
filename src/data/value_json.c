#include "data/value_json.h"

/* What was read is ten levels deep at most: see json_read.h. */
void
value_json(struct json *json, const struct value *value)
{
	const struct member	*member;

	switch (value->type) {
	case VALUE_NULL:
		json_put_null(json);
		break;
	case VALUE_BOOL:
		json_put_boolean(json, value->boolean);
		break;
	case VALUE_INTEGER:
		json_put_integer(json, value->integer);
		break;
	case VALUE_NUMBER:
		json_put_raw(json, value->text.data, value->text.len);
		break;
	case VALUE_STRING:
		json_put_string(json, value->text.data, value->text.len);
		break;
	case VALUE_ARRAY:
		json_array_begin(json);
		for (member = value->members; member != NULL;
		    member = member->next)
			value_json(json, &member->value);
		json_array_end(json);
		break;
	case VALUE_OBJECT:
		json_object_begin(json);
		for (member = value->members; member != NULL;
		    member = member->next) {
			json_name_string(json, member->name.data,
			    member->name.len);
			value_json(json, &member->value);
		}
		json_object_end(json);
		break;
	}
}
