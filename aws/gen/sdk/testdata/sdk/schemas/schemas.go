package schemas

var Paint = smithy.NewSchema(smithy.ShapeID{
	Namespace: "com.amazonaws.x",
	Name:      "Paint",
}, smithy.ShapeTypeOperation, 0)

var _String = smithy.NewSchema(smithy.ShapeID{
	Namespace: "com.amazonaws.x",
	Name:      "String",
}, smithy.ShapeTypeString, 0)

var _Integer = smithy.NewSchema(smithy.ShapeID{
	Namespace: "com.amazonaws.x",
	Name:      "Integer",
}, smithy.ShapeTypeInteger, 0)

var Colour = smithy.NewSchema(smithy.ShapeID{
	Namespace: "com.amazonaws.x",
	Name:      "Colour",
}, smithy.ShapeTypeEnum, 2)
var Colour_RED *smithy.Schema

var PaintRequest = smithy.NewSchema(smithy.ShapeID{
	Namespace: "com.amazonaws.x",
	Name:      "PaintRequest",
}, smithy.ShapeTypeStructure, 3)

var PaintResponse = smithy.NewSchema(smithy.ShapeID{
	Namespace: "com.amazonaws.x",
	Name:      "PaintResponse",
}, smithy.ShapeTypeStructure, 0)

func init() {
	Colour_RED = Colour.AddMember("RED", smithyprelude.Unit)

	PaintRequest_wall = PaintRequest.AddMember("wall", _String)

	PaintRequest_colour = PaintRequest.AddMember("colour", Colour)

	PaintRequest_coats = PaintRequest.AddMember("coats", _Integer)
}
