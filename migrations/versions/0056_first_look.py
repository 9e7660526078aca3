"""the activity whose phases take the marks of a question: the vote, or a first look before the discussion"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0056'
down_revision = '0055'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('question') as question:
        question.add_column(sa.Column('activity', sa.String(length=20), nullable=False, server_default='vote'))


def downgrade() -> None:
    refuse_downgrade_with("SELECT 1 FROM question WHERE activity <> 'vote'", 'Earlier versions would count first looks as votes.')
    with op.batch_alter_table('question') as question:
        question.drop_column('activity')
